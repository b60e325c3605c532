import { useQueries } from '@tanstack/react-query'
import { curves } from '../api/events'
import type { Curve, Task } from '../api/types'
import { count, shortID } from '../lib/format'
import { Empty, Failed, Waiting } from '../ui/Parts'
import { Chart } from './chart/Chart'
import './chart/chart.css'

/** Tasks whose curves are drawn at once: more lines cannot be told apart. */
const MOST = 10

const plain = { how: 'none', amount: 0 } as const

/** The curves of several tasks, in one chart for each metric and variant. */
export function Comparison({ tasks }: { tasks: Task[] }) {
  const drawn = tasks.slice(0, MOST)
  const found = useQueries({ queries: drawn.map((t) => curves(t.id, 'iter')) })
  const error = found.find((f) => f.error)?.error
  if (error) return <Failed error={error} what="The curves" />
  if (found.some((f) => f.isPending)) return <Waiting rows={8} />
  const twice = new Set(drawn.map((t) => t.name).filter((name, i, all) => all.indexOf(name) !== i))
  const charts = new Map<string, Curve[]>()
  drawn.forEach((t, i) => {
    for (const c of found[i]?.data ?? []) {
      const title = `${c.metric} / ${c.variant}`
      charts.set(title, [...(charts.get(title) ?? []), { ...c, variant: twice.has(t.name) ? `${t.name} (${shortID(t.id)})` : t.name }])
    }
  })
  return (
    <div className="pad" style={{ overflow: 'auto' }} tabIndex={0} role="group" aria-label="Curves of the tasks">
      {tasks.length > MOST && (
        <p className="third" style={{ marginBottom: 12 }}>
          The first {MOST} of {count(tasks.length)} tasks; tick those that are to be compared in the table.
        </p>
      )}
      {charts.size === 0 && <Empty title="None of these tasks reported curves." />}
      <div className="charts">
        {[...charts.entries()]
          .sort(([a], [b]) => a.localeCompare(b))
          .map(([title, cs]) => (
            <Chart key={title} title={title} curves={cs} axis="iter" smoothing={plain} log={false} />
          ))}
      </div>
    </div>
  )
}
