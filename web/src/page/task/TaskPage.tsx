import { useQuery } from '@tanstack/react-query'
import { useParams, useSearch } from '@tanstack/react-router'
import { Suspense, lazy } from 'react'
import { artifacts, task } from '../../api/query'
import type { Task } from '../../api/types'
import { count, duration, size, value } from '../../lib/format'
import { Page, projectCrumbs } from '../../shell/Shell'
import { Icon } from '../../ui/Icon'
import { Failed, IDChip, Person, Time, Waiting } from '../../ui/Parts'
import { Tabs } from '../../ui/Tabs'
import { listOf } from '../views'
import { TaskHead } from './TaskHead'
import { TasksBeside } from './TasksBeside'
import { modelsOf } from './items'
import { useLive } from './live'

const parts = {
  artifacts: lazy(() => import('./Artifacts').then((m) => ({ default: m.Artifacts }))),
  scalars: lazy(() => import('./Scalars').then((m) => ({ default: m.Scalars }))),
  plots: lazy(() => import('./Plots').then((m) => ({ default: m.Plots }))),
  samples: lazy(() => import('./Samples').then((m) => ({ default: m.Samples }))),
  console: lazy(() => import('./Console').then((m) => ({ default: m.Console }))),
  configuration: lazy(() => import('./Configuration').then((m) => ({ default: m.Configuration }))),
  execution: lazy(() => import('./Execution').then((m) => ({ default: m.Execution }))),
  info: lazy(() => import('./Info').then((m) => ({ default: m.Info }))),
} as const

type Part = keyof typeof parts

const labels: Record<Part, string> = {
  artifacts: 'Artifacts',
  scalars: 'Scalars',
  plots: 'Plots',
  samples: 'Debug samples',
  console: 'Console',
  configuration: 'Configuration',
  execution: 'Execution',
  info: 'Info',
}

export function TaskPage() {
  const { tid, tab } = useParams({ from: '/inside/tasks/$tid/$tab' })
  const list = listOf('task', useSearch({ from: '/inside/tasks/$tid/$tab' }).list)
  const part: Part = tab in parts ? (tab as Part) : 'artifacts'
  const found = useQuery(task(tid))
  const logged = useQuery({ ...artifacts(tid), enabled: !!found.data })
  useLive(tid, !!found.data)
  const t = found.data
  const Body = parts[part]
  const items = logged.data && t && logged.data.length + modelsOf(t).length
  const bytes = logged.data?.reduce((sum, a) => sum + (a.size ?? 0), 0)
  const content = (
    <>
      {found.error && <Failed error={found.error} retry={() => found.refetch()} what="The task" />}
      {found.isPending && <Waiting />}
      {t && (
        <>
          <TaskHead key={t.id} task={t} />
          <div className="factsline">
            <IDChip id={t.id} />
            <Person name={t.user?.name} />
            {t.started && (
              <span className="row">
                <Icon name="clock" size={14} />
                <span>
                  <Time at={t.started} /> · {duration(t.active_duration)}
                </span>
              </span>
            )}
            {!!t.last_iteration && (
              <span>
                Iteration <b>{count(t.last_iteration)}</b>
              </span>
            )}
            {firstMetric(t)}
            {items !== undefined && (
              <span className="row">
                <Icon name="box" size={14} />
                {count(items)} items · {size(bytes)}
              </span>
            )}
          </div>
          <div className="under">
            <Tabs
              label="Parts of the task"
              items={(Object.keys(parts) as Part[]).map((p) => ({
                label: labels[p],
                count: p === 'artifacts' ? items : undefined,
                active: p === part,
                link: { to: '/tasks/$tid/$tab', params: { tid, tab: p } },
              }))}
            />
          </div>
          <Suspense fallback={<Waiting />}>
            <Body key={t.id} task={t} />
          </Suspense>
        </>
      )}
    </>
  )
  return (
    <Page title={t ? `${t.name}, ${labels[part]}` : 'Task'} crumbs={[...projectCrumbs(t?.project?.name, t?.project?.id), { name: t?.name ?? 'Task' }]}>
      {list ? (
        <TasksBeside list={list} tid={tid} tab={part}>
          {content}
        </TasksBeside>
      ) : (
        content
      )}
    </Page>
  )
}

function firstMetric(t: Task) {
  const metric = Object.values(t.last_metrics ?? {})
    .flatMap((variants) => Object.values(variants))
    .find((m) => !m.metric.startsWith(':monitor') && m.metric !== 'Summary')
  return (
    metric && (
      <span>
        {metric.metric}/{metric.variant} <b className="num">{value(metric.value)}</b>
      </span>
    )
  )
}
