import { TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { plots as plotsQuery } from '../../api/events'
import type { Plot, Task } from '../../api/types'
import { count } from '../../lib/format'
import { Empty, Failed, Waiting } from '../../ui/Parts'
import { FullPlot, OnePlot } from '../chart/OnePlot'
import '../chart/chart.css'
import './artifacts.css'

/** Plots by metric, the newest iteration of each variant; one of them on the whole screen. */
export function Plots({ task, ofModel }: { task: Pick<Task, 'id'>; ofModel?: boolean }) {
  const navigate = useNavigate()
  const search = useSearch({ strict: false })
  const [q, setQ] = useState('')
  const found = useQuery(plotsQuery(task.id, ofModel))
  const groups = useMemo(() => {
    const by = new Map<string, Map<string, Plot[]>>()
    for (const p of found.data ?? []) {
      const variants = by.get(p.metric) ?? new Map<string, Plot[]>()
      by.set(p.metric, variants.set(p.variant, [...(variants.get(p.variant) ?? []), p].sort((a, b) => a.iter - b.iter)))
    }
    return [...by.entries()]
      .sort(([a], [b]) => a.localeCompare(b))
      .map(([metric, variants]) => ({ metric, plots: [...variants.entries()].sort(([a], [b]) => a.localeCompare(b)).map(([v, all]) => ({ name: `${metric} / ${v}`, all })) }))
  }, [found.data])
  if (found.error) return <Failed error={found.error} retry={() => found.refetch()} what="The plots" />
  if (!found.data) return <Waiting rows={8} />
  if (!groups.length) return <Empty title="No plots yet" code={`${ofModel ? 'model' : 'task.get_logger()'}.report_histogram("errors", "by class", values=values, iteration=1)`} />
  const shown = groups
    .map(({ metric, plots }) => ({ metric, plots: plots.filter((p) => p.name.toLowerCase().includes(q.toLowerCase())) }))
    .filter(({ plots }) => plots.length)
  const show = (full: string) => navigate({ to: '.', search: { ...search, full } as never, replace: true })
  const full = groups.flatMap((g) => g.plots).find((p) => p.name === search.full)
  return (
    <div className="pad">
      <TextInput data-filter mb={12} w={260} value={q} onChange={(e) => setQ(e.currentTarget.value)} placeholder="Metric or variant" aria-label="Filter plots" />
      {!shown.length && <p className="third">Nothing matches.</p>}
      {shown.map(({ metric, plots }) => (
        <section key={metric} aria-label={metric} style={{ marginBottom: 20 }}>
          <h2 className="strong" style={{ fontSize: 'inherit', marginBottom: 8 }}>
            {metric} <span className="third">{count(plots.length)}</span>
          </h2>
          <div className="charts">
            {plots.map(({ name, all }) => (
              <OnePlot key={name} name={name} all={all} expand={() => show(name)} />
            ))}
          </div>
        </section>
      ))}
      {full && <FullPlot key={full.name} {...full} close={() => show('')} />}
    </div>
  )
}
