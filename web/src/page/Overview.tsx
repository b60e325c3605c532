/** What a project is about, in its people's words, and where its tasks stand by one metric. */

import { Button, SegmentedControl, Select, Textarea } from '@mantine/core'
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../api/client'
import { metricsInUse, tasks } from '../api/lists'
import { project as projectQuery } from '../api/query'
import type { Project, Task } from '../api/types'
import { count, value, when } from '../lib/format'
import { Page, projectCrumbs } from '../shell/Shell'
import { Markdown } from '../ui/Markdown'
import { Empty, Failed, Waiting } from '../ui/Parts'
import { ProjectHead } from './Tasks'
import './overview.css'

export function ProjectOverview() {
  const { pid } = useParams({ from: '/inside/projects/$pid/overview' })
  const found = useQuery(projectQuery(pid))
  return (
    <Page title={found.data?.name ?? 'Project'} crumbs={[...projectCrumbs(found.data?.name, pid), { name: 'Overview' }]}>
      <ProjectHead pid={pid} tab="overview" />
      {found.error && <Failed error={found.error} retry={() => found.refetch()} what="The project" />}
      {found.isPending && <Waiting />}
      {found.data && (
        <div className="pad overview">
          <About project={found.data} />
          <Snapshot pid={pid} />
        </div>
      )}
    </Page>
  )
}

function About({ project }: { project: Project }) {
  const client = useQueryClient()
  const [draft, setDraft] = useState<string>()
  const [looking, setLooking] = useState(false)
  const [error, setError] = useState<unknown>()
  const text = project.description ?? ''
  const stop = () => {
    setDraft(undefined)
    setLooking(false)
  }
  async function save(description: string) {
    await call('projects.update', { project: project.id, description })
    for (const key of ['project', 'projects']) await client.invalidateQueries({ queryKey: [key] })
    stop()
  }
  if (draft === undefined && !text) {
    return (
      <Empty title="Nothing is written about this project yet.">
        <p>What is written here, as Markdown, is what people see first when they open the project.</p>
        <Button mt={12} onClick={() => setDraft('')}>
          Describe it
        </Button>
      </Empty>
    )
  }
  return (
    <section aria-label="Description">
      {draft === undefined || looking ? <Markdown text={draft ?? text} /> : (
        <Textarea
          autosize
          autoFocus
          minRows={10}
          maxRows={30}
          aria-label="Description, as Markdown"
          styles={{ input: { fontFamily: 'var(--mono)' } }}
          value={draft}
          onChange={(e) => setDraft(e.currentTarget.value)}
        />
      )}
      {error !== undefined && <Failed error={error} what="The description" />}
      <div className="row" style={{ marginTop: 12 }}>
        {draft === undefined ? (
          <Button onClick={() => setDraft(text)}>Edit the description</Button>
        ) : (
          <>
            <Button variant="filled" onClick={() => save(draft).catch(setError)}>
              Save
            </Button>
            <Button onClick={stop}>Cancel</Button>
            <SegmentedControl
              size="xs"
              aria-label="View"
              value={looking ? 'preview' : 'text'}
              onChange={(v) => setLooking(v === 'preview')}
              data={[
                { value: 'text', label: 'Text' },
                { value: 'preview', label: 'Preview' },
              ]}
            />
          </>
        )}
      </div>
    </section>
  )
}

interface Point {
  task: Task
  x: number
  y: number
}

/** The last value of a metric of each of the newest tasks, by when they started; each point leads to its task. */
function Snapshot({ pid }: { pid: string }) {
  const navigate = useNavigate()
  const search = useSearch({ from: '/inside/projects/$pid/overview' })
  const metrics = useQuery(metricsInUse(pid))
  const list = useInfiniteQuery(tasks({}, pid))
  const own = metrics.data?.filter((m) => !m.metric.startsWith(':')) ?? []
  const path = (m: (typeof own)[number]) => `${m.metric_hash}.${m.variant_hash}`
  const chosen = own.find((m) => path(m) === search.metric) ?? own[0]
  if (!chosen) return null
  const points = (list.data?.pages[0]?.tasks ?? []).flatMap((task): Point[] => {
    const y = task.last_metrics?.[chosen.metric_hash]?.[chosen.variant_hash]?.value
    const x = Date.parse(task.started ?? task.created ?? '')
    return y === undefined || !Number.isFinite(y) || Number.isNaN(x) ? [] : [{ task, x, y }]
  })
  return (
    <section className="snapshot" aria-label="Metric of tasks">
      <div className="row">
        <h2 className="grow">Where tasks stand</h2>
        <Select
          size="xs"
          w={220}
          aria-label="Metric"
          searchable
          allowDeselect={false}
          value={path(chosen)}
          onChange={(metric) => metric && navigate({ to: '.', search: { metric } as never, replace: true })}
          data={own.map((m) => ({ value: path(m), label: `${m.metric} / ${m.variant}` }))}
        />
      </div>
      {list.error && <Failed error={list.error} retry={() => list.refetch()} what="The tasks" />}
      {list.isPending && <Waiting rows={4} />}
      {list.data && (points.length ? <Scatter points={points} /> : <p className="second">None of the newest tasks reported it.</p>)}
    </section>
  )
}

function Scatter({ points }: { points: Point[] }) {
  const span = (all: number[]): [number, number] => [Math.min(...all), Math.max(...all)]
  const [x0, x1] = span(points.map((p) => p.x))
  const [y0, y1] = span(points.map((p) => p.y))
  const part = (v: number, from: number, to: number) => `${to > from ? ((v - from) / (to - from)) * 100 : 50}%`
  return (
    <>
      <div className="scatter">
        <span className="third num">{value(y1)}</span>
        <span className="third num">{y1 > y0 && value(y0)}</span>
        <div>
          {points.map((p) => (
            <Link
              key={p.task.id}
              to="/tasks/$tid/$tab"
              params={{ tid: p.task.id, tab: 'scalars' }}
              style={{ left: part(p.x, x0, x1), bottom: part(p.y, y0, y1) }}
              aria-label={`${p.task.name}: ${value(p.y)}`}
              title={`${p.task.name}: ${value(p.y)}`}
            />
          ))}
        </div>
        <span className="third">{when(new Date(x0))}</span>
        <span className="third num">{x1 > x0 && when(new Date(x1))}</span>
      </div>
      <p className="third">{count(points.length)} of the newest tasks, by when they started</p>
    </>
  )
}
