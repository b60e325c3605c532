import { Select, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useVirtualizer } from '@tanstack/react-virtual'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useEffect, useMemo, useRef, useState } from 'react'
import { artifacts } from '../../api/query'
import type { Artifact, Task } from '../../api/types'
import { count, exactSize, size, when } from '../../lib/format'
import { StateMark } from '../../ui/Badge'
import { Icon, typeIcon } from '../../ui/Icon'
import { Empty, Failed, Waiting } from '../../ui/Parts'
import { Detail } from './Detail'
import './artifacts.css'

type Item = { section: string; count: number } | Artifact

const id = (a: Pick<Artifact, 'key' | 'mode'>) => `${a.mode} ${a.key}`

const sections: [string, (a: Artifact) => boolean][] = [
  ['Data audit', (a) => a.type === 'custom' && a.mode === 'output' && a.key.startsWith('data_audit')],
  ['Input artifacts', (a) => a.mode === 'input'],
  ['Artifacts', () => true],
]

const orders: Record<string, (a: Artifact, b: Artifact) => number> = {
  name: (a, b) => a.key.localeCompare(b.key, undefined, { numeric: true }),
  newest: (a, b) => b.timestamp - a.timestamp || a.key.localeCompare(b.key),
  size: (a, b) => (b.size ?? -1) - (a.size ?? -1) || a.key.localeCompare(b.key),
  type: (a, b) => a.type.localeCompare(b.type) || a.key.localeCompare(b.key),
}

/** Does a filter's word hold: type:, state:, size:>10mb, else part of name, type, file or metadata. */
function holds(a: Artifact, word: string): boolean {
  const named = /^(type|state|size):(.+)$/.exec(word)
  if (named?.[1] === 'type') return a.type.toLowerCase().includes(named[2] ?? '')
  if (named?.[1] === 'state') return a.state.startsWith(named[2] ?? '')
  if (named?.[1] === 'size') {
    const m = /^([<>])?=?([\d.]+)(b|kb|mb|gb|tb)?$/.exec(named[2] ?? '')
    if (!m) return true // still being typed
    const want = Number(m[2]) * 1000 ** ['b', 'kb', 'mb', 'gb', 'tb'].indexOf(m[3] ?? 'b')
    return a.size !== null && (m[1] === '<' ? a.size <= want : a.size >= want)
  }
  const text = [a.key, a.type, a.uri.split('/').at(-1), a.content_type, ...Object.values(a.metadata)].join('\n').toLowerCase()
  return text.includes(word)
}

/** The task's artifacts: the list, and beside it the one that is chosen. */
export function Artifacts({ task }: { task: Task }) {
  const list = useQuery(artifacts(task.id))
  const search = useSearch({ from: '/inside/tasks/$tid/$tab' })
  const { tid } = useParams({ from: '/inside/tasks/$tid/$tab' })
  const navigate = useNavigate()
  const [lost, setLost] = useState('')
  const q = search.q ?? ''
  const sort = search.sort ?? 'name'
  const all = list.data
  const items = useMemo(() => {
    const words = q.toLowerCase().split(/\s+/).filter(Boolean)
    const found = (all ?? []).filter((a) => words.every((w) => holds(a, w))).sort(orders[sort] ?? orders.name)
    const out: Item[] = []
    const taken = new Set<Artifact>()
    for (const [section, belongs] of sections) {
      const its = found.filter((a) => !taken.has(a) && belongs(a))
      its.forEach((a) => taken.add(a))
      if (its.length) out.push({ section, count: its.length }, ...its)
    }
    return out
  }, [all, q, sort])
  const rows = items.filter((i): i is Artifact => 'key' in i)
  const wanted = search.key !== undefined ? `${search.mode ?? 'output'} ${search.key}` : undefined
  const chosen = all?.find((a) => id(a) === wanted) ?? (wanted === undefined || lost ? rows[0] : undefined)

  const had = useRef<string>(undefined)
  useEffect(() => {
    // What is shown may be removed by somebody else meanwhile.
    if (all && wanted && had.current === wanted && !all.some((a) => id(a) === wanted)) setLost(search.key ?? '')
    if (all?.some((a) => id(a) === wanted)) {
      had.current = wanted
      setLost('')
    }
  }, [all, wanted, search.key])

  const set = (change: Record<string, string>, replace = true) =>
    navigate({ to: '/tasks/$tid/$tab', params: { tid, tab: 'artifacts' }, search: { ...search, ...change } as never, replace })

  if (list.error) return <Failed error={list.error} retry={() => list.refetch()} what="The list of artifacts" />
  if (!all) return <Waiting rows={8} />
  if (!all.length) {
    return (
      <Empty
        title="No artifacts recorded"
        code={`from clearml import Task

task = Task.get_task(task_id="${task.id}")
task.upload_artifact("answer", {"value": 42})`}
      />
    )
  }
  return (
    <div className={search.key !== undefined ? 'split one' : 'split'}>
      <div className="list">
        <div className="listtools">
          <TextInput
            data-filter
            className="grow"
            defaultValue={q}
            placeholder={`Filter ${count(all.length)} items`}
            aria-label="Filter by name, type or metadata; type:, state: and size: narrow further"
            leftSection={<Icon name="search" size={14} />}
            onChange={(e) => set({ q: e.currentTarget.value })}
          />
          <Select
            w={92}
            size="xs"
            aria-label="Sort by"
            value={sort}
            allowDeselect={false}
            onChange={(s) => set({ sort: s === 'name' ? '' : (s ?? '') })}
            data={[
              { value: 'name', label: 'Name' },
              { value: 'newest', label: 'Newest' },
              { value: 'size', label: 'Size' },
              { value: 'type', label: 'Type' },
            ]}
          />
        </div>
        {rows.length === 0 && <p className="pad third">Nothing matches.</p>}
        <ItemList items={items} chosen={chosen && id(chosen)} task={tid} search={search} choose={(a) => set({ key: a.key, mode: a.mode })} />
        <footer className="listfoot third">
          {count(rows.length)} items · {size(rows.reduce((sum, a) => sum + (a.size ?? 0), 0))}
        </footer>
      </div>
      <div className="detail">
        {lost && (
          <p className="note" role="status">
            “{lost}” was removed. This is the first of those that are left.
          </p>
        )}
        {chosen ? (
          <Detail key={id(chosen)} item={chosen} taskName={task.name} />
        ) : (
          <Empty title={`There is no ${search.mode === 'input' ? 'input ' : ''}artifact “${search.key}” on this task.`}>It was removed, or the address is wrong.</Empty>
        )}
      </div>
    </div>
  )
}

function ItemList({
  items,
  chosen,
  task,
  search,
  choose,
}: {
  items: Item[]
  chosen?: string
  task: string
  search: Record<string, string | undefined>
  choose: (a: Artifact) => void
}) {
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({ count: items.length, getScrollElement: () => scroller.current, estimateSize: () => 34, overscan: 20 })
  const step = (by: number) => {
    const rows = items.filter((i): i is Artifact => 'key' in i)
    const next = rows[rows.findIndex((a) => id(a) === chosen) + by]
    if (!next) return
    choose(next)
    virtual.scrollToIndex(items.indexOf(next))
  }
  return (
    <div
      className="items"
      ref={scroller}
      tabIndex={0}
      role="group"
      aria-label="Artifacts; up and down choose"
      onKeyDown={(e) => {
        const by = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[e.key]
        if (by) {
          e.preventDefault()
          step(by)
        }
      }}
    >
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map((row) => {
          const item = items[row.index]
          if (!item) return null
          const at = { transform: `translateY(${row.start}px)` }
          if ('section' in item) {
            return (
              <h2 key={item.section} className="section" style={at}>
                {item.section} <span className="third">{count(item.count)}</span>
              </h2>
            )
          }
          const on = id(item) === chosen
          return (
            <Link
              key={id(item)}
              className={on ? 'item on' : 'item'}
              style={at}
              aria-current={on ? 'true' : undefined}
              to="/tasks/$tid/$tab"
              params={{ tid: task, tab: 'artifacts' }}
              search={{ ...search, key: item.key, mode: item.mode } as never}
              replace
              title={[item.key, item.type, item.sha256 && `sha256 ${item.sha256}`, exactSize(item.size)].filter(Boolean).join('\n')}
            >
              <Icon name={typeIcon(item.type)} />
              <span className="cut grow">{item.key}</span>
              <StateMark state={item.state} />
              <span className="num third">{size(item.size)}</span>
              <span className="num third age">{item.timestamp ? when(new Date(item.timestamp * 1000)).replace(' ago', '') : ''}</span>
            </Link>
          )
        })}
      </div>
    </div>
  )
}
