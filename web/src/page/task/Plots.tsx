import { Button, Slider, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Suspense, lazy, useMemo, useState } from 'react'
import { plots as plotsQuery } from '../../api/events'
import type { Plot, Task } from '../../api/types'
import { Icon } from '../../ui/Icon'
import { Empty, Failed, Waiting } from '../../ui/Parts'
import { saveText } from '../chart/save'
import '../chart/chart.css'
import './artifacts.css'

const Figure = lazy(() => import('../chart/Figure'))

interface Table {
  header?: { values?: unknown[] }
  cells?: { values?: unknown[][] }
}

/** Plots, the newest iteration of each; older ones by a slider. */
export function Plots({ task }: { task: Task }) {
  const [q, setQ] = useState('')
  const found = useQuery(plotsQuery(task.id))
  const groups = useMemo(() => {
    const by = new Map<string, Plot[]>()
    for (const p of found.data ?? []) {
      const name = `${p.metric} / ${p.variant}`
      by.set(name, [...(by.get(name) ?? []), p].sort((a, b) => a.iter - b.iter))
    }
    return [...by.entries()].sort(([a], [b]) => a.localeCompare(b))
  }, [found.data])
  if (found.error) return <Failed error={found.error} retry={() => found.refetch()} what="The plots" />
  if (!found.data) return <Waiting rows={8} />
  if (!groups.length) return <Empty title="No plots yet" code={'task.get_logger().report_histogram("errors", "by class", values, iteration=1)'} />
  const shown = groups.filter(([n]) => n.toLowerCase().includes(q.toLowerCase()))
  return (
    <div className="pad">
      <TextInput data-filter mb={12} w={260} value={q} onChange={(e) => setQ(e.currentTarget.value)} placeholder="Metric or variant" aria-label="Filter plots" />
      <div className="charts">
        {shown.map(([name, all]) => (
          <One key={name} name={name} all={all} />
        ))}
      </div>
    </div>
  )
}

const parsed = (text: string): { data?: ({ type?: string } & Table)[]; layout?: object } | undefined => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function One({ name, all }: { name: string; all: Plot[] }) {
  const [at, setAt] = useState(all.length - 1)
  const plot = all[Math.min(at, all.length - 1)]
  const figure = useMemo(() => parsed(plot?.plot_str ?? ''), [plot])
  const table = figure?.data?.find((d) => d.type === 'table')
  if (!plot) return null
  return (
    <section className="chart" aria-label={name}>
      <header className="row">
        <h3 className="cut grow">{name}</h3>
        <span className="third">iteration {plot.iter}</span>
        {table && (
          <Button size="compact-xs" onClick={() => saveText(`${name}.csv`, csv(table))}>
            CSV
          </Button>
        )}
        <Button size="compact-xs" leftSection={<Icon name="down" size={12} />} onClick={() => saveText(`${name}.json`, plot.plot_str, 'application/json')}>
          JSON
        </Button>
      </header>
      {table ? (
        <TableView table={table} />
      ) : figure?.data ? (
        <Suspense fallback={<Waiting />}>
          <Figure data={figure.data} layout={figure.layout ?? {}} name={name} />
        </Suspense>
      ) : (
        <pre tabIndex={0} style={{ maxHeight: 320, overflow: 'auto' }}>
          {plot.plot_str}
        </pre>
      )}
      {all.length > 1 && (
        <Slider size="sm" min={0} max={all.length - 1} value={at} onChange={setAt} label={(v) => `iteration ${all[v]?.iter}`} thumbLabel={`Iteration of ${name}`} />
      )}
    </section>
  )
}

const text = (v: unknown) => (Array.isArray(v) ? v.join(' ') : String(v ?? ''))
const rowsOf = (t: Table) => (t.cells?.values?.[0] ?? []).map((_, r) => (t.cells?.values ?? []).map((column) => text(column[r])))

function csv(t: Table): string {
  const line = (cells: string[]) => cells.map((c) => `"${c.replaceAll('"', '""')}"`).join(',')
  return [line((t.header?.values ?? []).map(text)), ...rowsOf(t).map(line)].join('\r\n') + '\r\n'
}

const TableView = ({ table }: { table: Table }) => (
  <div style={{ overflow: 'auto', maxHeight: 320 }} tabIndex={0} role="group" aria-label="Table">
    <table className="plain">
      <thead>
        <tr>
          {(table.header?.values ?? []).map((h, i) => (
            <th key={i} scope="col">
              {text(h)}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rowsOf(table).map((row, r) => (
          <tr key={r}>
            {row.map((cell, i) => (
              <td key={i}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)
