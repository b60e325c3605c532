import { ActionIcon, Button, Checkbox, SegmentedControl, Select, Slider, TextInput } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useEffect, useMemo, useState } from 'react'
import { curves as curvesQuery, singles, type Single } from '../../api/events'
import type { Curve, Task } from '../../api/types'
import { count, value } from '../../lib/format'
import type { Smoothing } from '../../lib/smooth'
import { Heads } from '../../ui/Heads'
import { Icon } from '../../ui/Icon'
import { Empty, Failed, Waiting } from '../../ui/Parts'
import { Chart, colours, type Axis } from '../chart/Chart'
import { FullChart } from '../chart/FullChart'
import { csv, saveText } from '../chart/save'
import './artifacts.css'

/** How curves are drawn, as texts of the address. What somebody chose last is the default for all tasks of the project. */
const usual = { axis: 'iter', group: 'metric', log: '0', smooth: 'none:0.6' }

type Look = typeof usual

/** Curves of a task or model, and their values. */
export function Scalars({ task, ofModel }: { task: Pick<Task, 'id' | 'name' | 'project'>; ofModel?: boolean }) {
  const navigate = useNavigate()
  const search = useSearch({ strict: false })
  const [q, setQ] = useState('')
  const [kept, keep] = useLocalStorage<Partial<Look>>({ key: `coffer.scalars.${task.project?.id ?? ''}`, defaultValue: {}, getInitialValueInEffect: false })
  const look: Look = {
    axis: search.axis ?? kept.axis ?? usual.axis,
    group: search.group ?? kept.group ?? usual.group,
    log: search.log ?? kept.log ?? usual.log,
    smooth: search.smooth ?? kept.smooth ?? usual.smooth,
  }
  const axis: Axis = look.axis === 'relative' || look.axis === 'wall' ? look.axis : 'iter'
  const [how = 'none', amount = '0.6'] = look.smooth.split(':')
  const smoothing = useMemo((): Smoothing => ({ how: how as Smoothing['how'], amount: Number(amount) || 0 }), [how, amount])
  const found = useQuery(curvesQuery(task.id, axis === 'iter' ? 'iter' : 'timestamp', ofModel))
  const single = useQuery(singles(task.id, ofModel))
  const hidden = useMemo(() => new Set(search.hide?.split(',') ?? []), [search.hide])
  const set = (change: Record<string, string>) => navigate({ to: '.', search: { ...search, ...change } as never, replace: true })
  const choose = (change: Partial<Look>) => {
    keep({ ...kept, ...change })
    void set(change)
  }
  useEffect(() => {
    // What comes from this browser stands in the address, too, so that it shows others the same.
    const own = Object.entries(look).filter(([k, v]) => search[k as keyof Look] === undefined && v !== usual[k as keyof Look])
    if (own.length) void set(Object.fromEntries(own))
  }, []) // eslint-disable-line react-hooks/exhaustive-deps
  const groups = useMemo(() => {
    const byMetric = new Map<string, Curve[]>()
    for (const c of found.data ?? []) byMetric.set(c.metric, [...(byMetric.get(c.metric) ?? []), c])
    return [...byMetric.entries()].sort(([a], [b]) => a.localeCompare(b))
  }, [found.data])
  if (found.error) return <Failed error={found.error} retry={() => found.refetch()} what="The scalars" />
  if (!found.data) return <Waiting rows={8} />
  if (!groups.length && !single.data?.length) {
    return <Empty title="Nothing reported yet" code={`${ofModel ? 'model' : 'task.get_logger()'}.report_scalar("loss", "val", value=0.3, iteration=1)`} />
  }
  const id = (c: Curve) => encodeURIComponent(`${c.metric}/${c.variant}`)
  const fits = (c: Curve) => `${c.metric} ${c.variant}`.toLowerCase().includes(q.toLowerCase())
  const seen = groups.map(([m, cs]): [string, Curve[]] => [m, cs.filter((c) => fits(c) && !hidden.has(id(c)))]).filter(([, cs]) => cs.length)
  const toggle = (c: Curve) => {
    const next = new Set(hidden)
    if (!next.delete(id(c))) next.add(id(c))
    void set({ hide: [...next].join(',') })
  }
  const cards: [string, Curve[]][] = look.group === 'none' ? seen.flatMap(([m, cs]) => cs.map((c): [string, Curve[]] => [`${m} / ${c.variant}`, [c]])) : seen
  const full = cards.find(([title]) => title === search.full)
  const drawn = { axis, smoothing, log: look.log === '1' }
  return (
    <>
      <div className="tools">
        <SegmentedControl size="xs" aria-label="View" value={search.view === 'values' ? 'values' : 'graphs'} onChange={(v) => set({ view: v === 'graphs' ? '' : v })}
          data={[{ value: 'graphs', label: 'Graphs' }, { value: 'values', label: 'Values' }]} />
        <SegmentedControl size="xs" aria-label="Grouping" value={look.group} onChange={(group) => choose({ group })}
          data={[{ value: 'metric', label: 'By metric' }, { value: 'none', label: 'Each' }]} />
        <SegmentedControl size="xs" aria-label="Axis" value={axis} onChange={(v) => choose({ axis: v })}
          data={[{ value: 'iter', label: 'Iteration' }, { value: 'relative', label: 'Relative' }, { value: 'wall', label: 'Wall' }]} />
        <Select size="xs" w={130} aria-label="Smoothing" value={how} allowDeselect={false} onChange={(v) => choose({ smooth: `${v}:${amount}` })}
          data={[{ value: 'none', label: 'Not smoothed' }, { value: 'ema', label: 'EMA' }, { value: 'gauss', label: 'Gaussian' }, { value: 'mean', label: 'Running mean' }]} />
        {how !== 'none' && (
          <Slider w={120} size="sm" min={0} max={0.99} step={0.01} value={smoothing.amount} label={(v) => v.toFixed(2)} thumbLabel="Amount of smoothing"
            onChange={(v) => choose({ smooth: `${how}:${v}` })} />
        )}
        <Checkbox size="xs" label="Log" checked={drawn.log} onChange={(e) => choose({ log: e.currentTarget.checked ? '1' : '0' })} />
        <span className="grow" />
        <Button leftSection={<Icon name="down" size={14} />} onClick={() => saveText(`${task.name}-values.csv`, valuesCSV(seen.flatMap(([, cs]) => cs)))}>
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
          {!!single.data?.length && <Summary values={single.data} name={task.name} />}
          {search.view === 'values' ? (
            <Values curves={seen.flatMap(([, cs]) => cs)} />
          ) : (
            <div className="charts">
              {cards.map(([title, cs]) => (
                <Chart
                  key={title}
                  title={title}
                  curves={cs}
                  {...drawn}
                  tools={
                    <ActionIcon variant="subtle" color="gray" size={22} aria-label={`Show ${title} on the whole screen`} onClick={() => set({ full: title })}>
                      <Icon name="expand" size={14} />
                    </ActionIcon>
                  }
                />
              ))}
            </div>
          )}
        </div>
      </div>
      {full && <FullChart of={task.id} ofModel={ofModel} title={full[0]} curves={full[1]} {...drawn} close={() => set({ full: '' })} />}
    </>
  )
}

/** Values that were reported without an iteration. */
function Summary({ values, name }: { values: Single[]; name: string }) {
  return (
    <section className="frame summary" aria-label="Single values">
      <div className="framehead">
        <h2 className="strong" style={{ fontSize: 'inherit' }}>
          Single values
        </h2>
        <span className="third grow">{count(values.length)}</span>
        <Button
          size="compact-xs"
          leftSection={<Icon name="down" size={12} />}
          onClick={() => saveText(`${name}-single-values.csv`, csv([['name', 'value'], ...values.map((s) => [s.variant, s.value])]))}
        >
          Single values as CSV
        </Button>
      </div>
      <div className="scrolls" tabIndex={0} role="group" aria-label="Table of single values">
        <table className="plain">
          <Heads hidden of={['Name', 'Value']} />
          <tbody>
            {values.map((s) => (
              <tr key={s.metric + s.variant}>
                <td>{s.variant}</td>
                <td className="num strong">{value(s.value)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
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

const numbers = ['Points', 'First', 'Last', 'Min', 'Max', 'Mean']

function Values({ curves }: { curves: Curve[] }) {
  return (
    <table className="plain">
      <Heads of={['Metric', 'Variant', ...numbers]} numbers={numbers} />
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

const valuesCSV = (curves: Curve[]) =>
  csv([
    ['metric', 'variant', 'points', 'first', 'last', 'min', 'max', 'mean'],
    ...curves.map((c) => {
      const s = summary(c)
      return [c.metric, c.variant, c.points, s.first, s.last, s.least, s.most, s.mean]
    }),
  ])
