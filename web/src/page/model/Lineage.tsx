import { Button, SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { lineage } from '../../api/query'
import type { Lineage, LineageNode, Model } from '../../api/types'
import { count } from '../../lib/format'
import { StatusBadge } from '../../ui/Badge'
import { Heads } from '../../ui/Heads'
import { Icon, type IconName } from '../../ui/Icon'
import { Empty, Failed, Waiting } from '../../ui/Parts'
import { UsedBy } from './UsedBy'
import '../task/artifacts.css'
import './lineage.css'

const icons: Record<LineageNode['kind'], IconName> = { model: 'layers', task: 'flask', artifact: 'box', file: 'text', bytes: 'array' }
const kinds: Record<LineageNode['kind'], string> = { model: 'Model', task: 'Task', artifact: 'Artifact', file: 'File', bytes: 'Bytes' }
const says = { made: 'made', used: 'was used by', derived: 'led to', held: 'is held by' } as const

// Boxes of one size, so that lines can be drawn without asking the page where they are.
const [WIDE, HIGH, GAP, APART] = [184, 64, 56, 20]

/** How many steps each node is from the middle: below 0 it led there, above 0 it came of it. */
function steps(graph: Lineage, centre: number): Map<number, number> {
  const at = new Map([[centre, 0]])
  for (const way of [-1, 1]) {
    const walk = [centre]
    for (let here = walk.shift(); here !== undefined; here = walk.shift()) {
      for (const e of graph.edges) {
        const [near, far] = way < 0 ? [e.to, e.from] : [e.from, e.to]
        if (near !== here || at.has(far)) continue
        at.set(far, (at.get(here) ?? 0) + way)
        walk.push(far)
      }
    }
  }
  return at
}

function Open({ node, children }: { node: LineageNode; children: React.ReactNode }) {
  if (node.kind === 'task') {
    return (
      <Link to="/tasks/$tid/$tab" params={{ tid: node.id, tab: 'artifacts' }}>
        {children}
      </Link>
    )
  }
  if (node.kind === 'model') {
    return (
      <Link to="/models/$mid/$tab" params={{ mid: node.id, tab: 'lineage' }}>
        {children}
      </Link>
    )
  }
  if (node.kind === 'artifact' && node.task) {
    return (
      <Link to="/tasks/$tid/$tab" params={{ tid: node.task, tab: 'artifacts' }} search={{ key: node.key, mode: node.mode }}>
        {children}
      </Link>
    )
  }
  return <>{children}</>
}

/** What led to the model and what came of it: drawn from left to right, and as a table below. */
export function LineageTab({ model: m }: { model: Model; changed: () => void }) {
  const navigate = useNavigate()
  const search = useSearch({ from: '/inside/models/$mid/$tab' })
  const { node, limit: asked, cols, ...narrow } = search
  const limit = Number(asked) || 60
  const found = useQuery(lineage(m.id, limit))
  if (found.error) return <Failed error={found.error} retry={() => found.refetch()} what="The lineage" />
  if (!found.data) return <Waiting />
  const graph = found.data
  const centre = Math.max(0, graph.nodes.findIndex((n) => n.kind === 'model' && n.id === m.id))
  if (graph.nodes.length < 2) return <Empty title="Nothing led to this model, and nothing uses it yet." code={`InputModel("${m.id}")`} />
  const at = steps(graph, centre)
  const columns = new Map<number, number[]>()
  graph.nodes.forEach((_, i) => {
    const step = at.get(i) ?? 0
    columns.set(step, [...(columns.get(step) ?? []), i])
  })
  const order = [...columns.keys()].sort((a, b) => a - b)
  const tallest = Math.max(...[...columns.values()].map((c) => c.length))
  const height = tallest * (HIGH + APART) + APART
  const place = new Map<number, { x: number; y: number }>()
  order.forEach((step, c) => {
    const inColumn = columns.get(step) ?? []
    const top = (height - inColumn.length * (HIGH + APART)) / 2 + APART / 2
    inColumn.forEach((node, r) => place.set(node, { x: GAP / 2 + c * (WIDE + GAP), y: top + r * (HIGH + APART) }))
  })
  const set = (change: typeof search) =>
    navigate({ to: '/models/$mid/$tab', params: { mid: m.id, tab: 'lineage' }, search: { ...search, ...change }, replace: true })
  const selected = Number(node ?? centre)
  return (
    <div className="pad">
      <section className="frame" style={{ marginInline: 0 }} aria-label="Graph">
        <div className="framehead">
          <h2 className="strong" style={{ fontSize: 'inherit' }}>
            Where it comes from and where it went
          </h2>
          <span className="third">
            {count(graph.nodes.length)} nodes{graph.cut ? ', more were left out' : ', all shown'}
          </span>
          <span className="grow" />
          <SegmentedControl size="xs" aria-label="Nodes at most" value={String(limit)} onChange={(v) => set({ limit: v === '60' ? '' : v })} data={['10', '60', '200']} />
        </div>
        <div className="graph" tabIndex={0} role="group" aria-label="From left to right: what led here, this model, what came of it">
          <div style={{ position: 'relative', width: order.length * (WIDE + GAP), height }}>
            <svg width={order.length * (WIDE + GAP)} height={height} aria-hidden="true">
              <defs>
                <marker id="arrow" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" orient="auto">
                  <path d="M1 1 7 4 1 7" className="edge" />
                </marker>
              </defs>
              {graph.edges.map((e, i) => {
                const [a, b] = [place.get(e.from), place.get(e.to)]
                if (!a || !b) return null
                const [x1, y1, x2, y2] = [a.x + WIDE, a.y + HIGH / 2, b.x - 3, b.y + HIGH / 2]
                const lit = e.from === selected || e.to === selected
                return <path key={i} className={lit ? 'edge lit' : 'edge'} markerEnd="url(#arrow)" d={`M${x1} ${y1}C${x1 + GAP / 2} ${y1} ${x2 - GAP / 2} ${y2} ${x2} ${y2}`} />
              })}
            </svg>
            {graph.nodes.map((n, i) => (
              <div
                key={i}
                className={`node${i === centre ? ' centre' : ''}${i === selected ? ' on' : ''}`}
                style={{ left: place.get(i)?.x, top: place.get(i)?.y, width: WIDE, height: HIGH }}
                onClick={() => set({ node: i === centre ? '' : String(i) })}
              >
                <span className="row third">
                  <Icon name={icons[n.kind]} size={13} />
                  <small className="grow">{i === centre ? 'This model' : kinds[n.kind]}</small>
                </span>
                <span className="cut strong" title={n.name}>
                  <Open node={n}>{n.name}</Open>
                </span>
                {n.more && <small className="third">more behind it</small>}
              </div>
            ))}
          </div>
        </div>
      </section>
      <section className="frame scrolls" style={{ marginInline: 0 }} aria-label="The same as a table" tabIndex={0}>
        <table className="plain">
          <Heads of={['From', 'How', 'To', 'Status']} />
          <tbody>
            {graph.edges.map((e, i) => {
              const [from, to] = [graph.nodes[e.from], graph.nodes[e.to]]
              if (!from || !to) return null
              const task = [from, to].find((n) => n.kind === 'task')
              return (
                <tr key={i}>
                  <td>
                    <Open node={from}>{from.name}</Open> <span className="third">{kinds[from.kind].toLowerCase()}</span>
                  </td>
                  <td className="second">{says[e.how]}</td>
                  <td>
                    <Open node={to}>{to.name}</Open> <span className="third">{kinds[to.kind].toLowerCase()}</span>
                  </td>
                  <td>{task?.status && <StatusBadge status={task.status} />}</td>
                </tr>
              )
            })}
          </tbody>
        </table>
      </section>
      {graph.cut && <Button onClick={() => set({ limit: '1000' })}>Show more</Button>}
      <UsedBy model={m.id} narrow={narrow} set={set} />
    </div>
  )
}
