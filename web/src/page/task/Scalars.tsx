import { Button, Checkbox, SegmentedControl, Select, Slider, TextInput } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { curves as curvesQuery, singles } from '../../api/events'
import type { Curve, Task } from '../../api/types'
import { count, value } from '../../lib/format'
import type { Smoothing } from '../../lib/smooth'
import { Icon } from '../../ui/Icon'
import { Empty, Failed, Waiting } from '../../ui/Parts'
import { Chart, colours, type Axis } from '../chart/Chart'
import { saveText } from '../chart/save'
import './artifacts.css'

/** Curves of a task, and their values. */
export function Scalars({ task }: { task: Task }) {
  const navigate = useNavigate()
  const search = useSearch({ from: '/inside/tasks/$tid/$tab' })
  const [q, setQ] = useState('')
  const [smoothing, setSmoothing] = useLocalStorage<Smoothing>({ key: 'coffer.smoothing', defaultValue: { how: 'none', amount: 0.6 }, getInitialValueInEffect: false })
  const axis: Axis = search.axis === 'relative' || search.axis === 'wall' ? search.axis : 'iter'
  const found = useQuery(curvesQuery(task.id, axis === 'iter' ? 'iter' : 'timestamp'))
  const single = useQuery(singles(task.id))
  const hidden = useMemo(() => new Set(search.hide?.split(',') ?? []), [search.hide])
  const set = (change: Record<string, string>) =>
    navigate({ to: '/tasks/$tid/$tab', params: { tid: task.id, tab: 'scalars' }, search: { ...search, ...change }, replace: true })
  const groups = useMemo(() => {
    const byMetric = new Map<string, Curve[]>()
    for (const c of found.data ?? []) byMetric.set(c.metric, [...(byMetric.get(c.metric) ?? []), c])
    return [...byMetric.entries()].sort(([a], [b]) => a.localeCompare(b))
  }, [found.data])
  if (found.error) return <Failed error={found.error} retry={() => found.refetch()} what="The scalars" />
  if (!found.data) return <Waiting rows={8} />
  if (!groups.length && !single.data?.length) {
    return <Empty title="Nothing reported yet" code={'task.get_logger().report_scalar("loss", "val", value=0.3, iteration=1)'} />
  }
  const id = (c: Curve) => encodeURIComponent(`${c.metric}/${c.variant}`)
  const fits = (c: Curve) => `${c.metric} ${c.variant}`.toLowerCase().includes(q.toLowerCase())
  const seen = groups.map(([m, cs]): [string, Curve[]] => [m, cs.filter((c) => fits(c) && !hidden.has(id(c)))]).filter(([, cs]) => cs.length)
  const toggle = (c: Curve) => {
    const next = new Set(hidden)
    if (!next.delete(id(c))) next.add(id(c))
    void set({ hide: [...next].join(',') })
  }
  const cards: [string, Curve[]][] = search.group === 'none' ? seen.flatMap(([m, cs]) => cs.map((c): [string, Curve[]] => [`${m} / ${c.variant}`, [c]])) : seen
  return (
    <>
      <div className="tools">
        <SegmentedControl size="xs" aria-label="View" value={search.view === 'values' ? 'values' : 'graphs'} onChange={(v) => set({ view: v === 'graphs' ? '' : v })}
          data={[{ value: 'graphs', label: 'Graphs' }, { value: 'values', label: 'Values' }]} />
        <SegmentedControl size="xs" aria-label="Grouping" value={search.group === 'none' ? 'none' : 'metric'} onChange={(v) => set({ group: v === 'none' ? v : '' })}
          data={[{ value: 'metric', label: 'By metric' }, { value: 'none', label: 'Each' }]} />
        <SegmentedControl size="xs" aria-label="Axis" value={axis} onChange={(v) => set({ axis: v === 'iter' ? '' : v })}
          data={[{ value: 'iter', label: 'Iteration' }, { value: 'relative', label: 'Relative' }, { value: 'wall', label: 'Wall' }]} />
        <Select size="xs" w={130} aria-label="Smoothing" value={smoothing.how} allowDeselect={false}
          onChange={(how) => setSmoothing({ ...smoothing, how: how as Smoothing['how'] })}
          data={[{ value: 'none', label: 'Not smoothed' }, { value: 'ema', label: 'EMA' }, { value: 'gauss', label: 'Gaussian' }, { value: 'mean', label: 'Running mean' }]} />
        {smoothing.how !== 'none' && (
          <Slider w={120} size="sm" min={0} max={0.99} step={0.01} value={smoothing.amount} label={(v) => v.toFixed(2)} thumbLabel="Amount of smoothing"
            onChange={(amount) => setSmoothing({ ...smoothing, amount })} />
        )}
        <Checkbox size="xs" label="Log" checked={!!search.log} onChange={(e) => set({ log: e.currentTarget.checked ? '1' : '' })} />
        <span className="grow" />
        <Button leftSection={<Icon name="down" size={14} />} onClick={() => saveText(`${task.name}-values.csv`, csv(seen.flatMap(([, cs]) => cs), single.data ?? []))}>
          CSV
        </Button>
      </div>
      <div className="scalars">
        <nav className="tree" aria-label="Metrics">
          <TextInput data-filter mb={8} value={q} onChange={(e) => setQ(e.currentTarget.value)} placeholder="Metric or variant" aria-label="Filter metrics" />
          {groups.map(([metric, cs]) => {
            const tones = colours(cs.map((c) => c.variant))
            return (
              <details key={metric} open={!metric.startsWith(':')}>
                <summary className="strong">
                  {metric} <span className="third">{cs.length}</span>
                </summary>
                <ul>
                  {cs.map((c, i) =>
                    fits(c) ? (
                      <li key={c.variant} className="row">
                        <Checkbox size="xs" label={c.variant} checked={!hidden.has(id(c))} onChange={() => toggle(c)} color={`var(--data-${(tones[i] ?? 0) + 1})`} style={{ flex: 1 }} />
                        <span className="num third">{value(c.mean.at(-1))}</span>
                      </li>
                    ) : null,
                  )}
                </ul>
              </details>
            )
          })}
        </nav>
        <div className="field" tabIndex={0} role="group" aria-label="Scalars">
          {!!single.data?.length && (
            <dl className="singles" aria-label="Single values">
              {single.data.map((s) => (
                <div key={s.metric + s.variant}>
                  <dt>{s.variant}</dt>
                  <dd>{value(s.value)}</dd>
                </div>
              ))}
            </dl>
          )}
          {search.view === 'values' ? (
            <Values curves={seen.flatMap(([, cs]) => cs)} />
          ) : (
            <div className="charts">
              {cards.map(([title, cs]) => (
                <Chart key={title} title={title} curves={cs} axis={axis} smoothing={smoothing} log={!!search.log} />
              ))}
            </div>
          )}
        </div>
      </div>
    </>
  )
}

const summary = (c: Curve) => {
  const all = c.count.reduce((a, b) => a + b, 0)
  const least = Math.min(...c.min)
  const most = Math.max(...c.max)
  return {
    first: c.mean[0], last: c.mean.at(-1), least, leastAt: c.x[c.min.indexOf(least)], most, mostAt: c.x[c.max.indexOf(most)],
    mean: c.mean.reduce((sum, m, i) => sum + m * (c.count[i] ?? 0), 0) / all,
  }
}

function Values({ curves }: { curves: Curve[] }) {
  return (
    <table className="plain">
      <thead>
        <tr>
          {['Metric', 'Variant'].map((h) => <th key={h} scope="col">{h}</th>)}
          {['Points', 'First', 'Last', 'Min', 'Max', 'Mean'].map((h) => <th key={h} scope="col" className="num">{h}</th>)}
        </tr>
      </thead>
      <tbody>
        {curves.map((c) => {
          const s = summary(c)
          return (
            <tr key={c.metric + c.variant}>
              <td>{c.metric}</td>
              <td>{c.variant}</td>
              <td className="num">{count(c.points)}</td>
              <td className="num">{value(s.first)}</td>
              <td className="num">{value(s.last)}</td>
              <td className="num">{value(s.least)} <span className="third">at {s.leastAt}</span></td>
              <td className="num">{value(s.most)} <span className="third">at {s.mostAt}</span></td>
              <td className="num">{value(s.mean)}</td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`

function csv(curves: Curve[], single: { metric: string; variant: string; value: number }[]): string {
  const lines = curves.map((c) => {
    const s = summary(c)
    return [quoted(c.metric), quoted(c.variant), c.points, s.first, s.last, s.least, s.most, s.mean].join(',')
  })
  for (const s of single) lines.push([quoted(s.metric), quoted(s.variant), 1, s.value, s.value, s.value, s.value, s.value].join(','))
  return ['metric,variant,points,first,last,min,max,mean', ...lines].join('\r\n') + '\r\n'
}
