import { ActionIcon, Tooltip } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useMemo, useState } from 'react'
import { escaped, metricsInUse, parametersInUse, taskConditions, tasks } from '../api/lists'
import { project } from '../api/query'
import type { Metric, Task } from '../api/types'
import { count, duration, shortID, size, value } from '../lib/format'
import { Page, projectCrumbs, type Crumb } from '../shell/Shell'
import { StatusBadge, allStatuses } from '../ui/Badge'
import type { Known } from '../ui/Columns'
import { Icon } from '../ui/Icon'
import { Code, Empty, Failed, Person, Time } from '../ui/Parts'
import type { Column } from '../ui/Rows'
import { Tabs } from '../ui/Tabs'
import { ItemTable, useTable, type ListSearch } from './ItemTable'
import { RowTags } from './Narrowing'
import { Comparison } from './Comparison'
import { NewTaskButton, types } from './NewTask'
import { Views, besideLink, type Listed } from './views'
import { firstLines } from './Welcome'

export function AllTasks() {
  const search = useSearch({ from: '/inside/tasks' })
  return (
    <Page title="Tasks" crumbs={[{ name: 'Tasks' }]}>
      <div className="head">
        <h1>Tasks</h1>
        <span className="grow" />
        <NewTaskButton />
      </div>
      <TaskList search={search} />
    </Page>
  )
}

export function ProjectTasks() {
  const { pid } = useParams({ from: '/inside/projects/$pid/tasks' })
  const search = useSearch({ from: '/inside/projects/$pid/tasks' })
  const found = useQuery(project(pid))
  const crumbs: Crumb[] = [...projectCrumbs(found.data?.name, pid), { name: 'Tasks' }]
  return (
    <Page title={found.data?.name ?? 'Project'} crumbs={crumbs}>
      <ProjectHead pid={pid} tab="tasks" />
      {found.error ? <Failed error={found.error} retry={() => found.refetch()} what="The project" /> : <TaskList search={search} pid={pid} />}
    </Page>
  )
}

/** Name and tabs of a project. */
export function ProjectHead({ pid, tab }: { pid: string; tab: string }) {
  const { data } = useQuery(project(pid))
  const parts = (data?.name ?? '').split('/')
  return (
    <>
      <div className="head">
        <h1>{parts.at(-1) || 'Project'}</h1>
        <span className="third">{parts.slice(0, -1).join(' / ')}</span>
        <span className="grow" />
        {tab === 'tasks' && <NewTaskButton pid={pid} />}
      </div>
      <div className="under">
        <Tabs
          label="Parts of the project"
          items={[
            { label: 'Overview', active: tab === 'overview', link: { to: '/projects/$pid/overview', params: { pid } } },
            { label: 'Tasks', active: tab === 'tasks', link: { to: '/projects/$pid/tasks', params: { pid } } },
            { label: 'Models', active: tab === 'models', link: { to: '/projects/$pid/models', params: { pid } } },
            { label: 'Artifacts', active: tab === 'artifacts', link: { to: '/projects/$pid/artifacts', params: { pid } } },
          ]}
        />
      </div>
    </>
  )
}

const facets = [
  { key: 'status' as const, name: 'Status', options: allStatuses.map(({ key, word }) => ({ value: key, label: word })) },
  { key: 'type' as const, name: 'Type', options: types.map((t) => ({ value: t, label: t.replaceAll('_', ' ') })) },
]

/** How often the table is read anew, in milliseconds, and up to how many pages: what lies deeper is history. */
const REFRESH = 10_000
const REFRESHED = 3

const usual = ['status', 'name', 'project', 'tags', 'artifacts', 'iteration', 'user', 'started', 'updated', 'time']

function TaskList({ search, pid }: { search: ListSearch; pid?: string }) {
  const navigate = useNavigate()
  const table = useTable('task', search, pid, usual)
  const [live, setLive] = useState(true)
  const parameters = table.ids.filter((id) => id.startsWith('p.'))
  const list = useInfiniteQuery({
    ...tasks(table.narrow, pid, parameters.map((id) => `hyperparams.${id.slice(2)}`)),
    refetchInterval: (query) => (live && (query.state.data?.pages.length ?? 0) <= REFRESHED ? REFRESH : false),
  })
  const metrics = useQuery(metricsInUse(pid))
  const inUse = useQuery(parametersInUse(pid))
  const rows = useMemo(() => list.data?.pages.flatMap((p) => p.tasks) ?? [], [list.data])
  const known: Known[] = [
    ...fields(table.addTag).map((c) => ({ id: c.id, title: c.title, group: 'Field' })),
    ...(metrics.data ?? []).flatMap((m) =>
      (['value', 'min_value', 'max_value'] as const).map((k) => ({
        id: `m.${m.metric_hash}.${m.variant_hash}.${k}`,
        title: `${m.metric} / ${m.variant}${k === 'value' ? '' : k === 'min_value' ? ' min' : ' max'}`,
        group: 'Metric',
      })),
    ),
    ...(inUse.data ?? []).map((p) => ({ id: `p.${escaped(p.section)}.${escaped(p.name)}`, title: p.name, group: p.section })),
  ]
  const listed: Listed = { kind: 'task', pid, search }
  const charts = search.view === 'charts'
  return (
    <ItemTable
      table={table}
      list={list}
      rows={rows}
      facets={facets}
      known={known}
      columns={table.ids.flatMap((id) => column(id, known, table.addTag))}
      conditions={() => taskConditions(table.narrow, pid)}
      csvField={csvField}
      tools={
        <>
          <Views view={charts ? 'charts' : 'table'} list={listed} first={rows[0]?.id} />
          <Tooltip label={live ? 'Read anew every 10 seconds' : 'Paused'}>
            <ActionIcon variant={live ? 'light' : 'default'} size={28} aria-label="Refresh by itself" aria-pressed={live} onClick={() => setLive(!live)}>
              <Icon name="dot" size={14} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label="Refresh">
            <ActionIcon variant="default" size={28} aria-label="Refresh" loading={list.isRefetching && !list.isFetchingNextPage} onClick={() => void list.refetch()}>
              <Icon name="clock" size={14} />
            </ActionIcon>
          </Tooltip>
        </>
      }
      none={
        <Empty title="No task yet.">
          <Code tabs={firstLines} label="First lines" />
        </Empty>
      }
      open={(t) => navigate(besideLink(listed, t.id) as never)}
      draw={charts ? (all, chosen) => <Comparison tasks={chosen.length ? chosen : all} /> : undefined}
    />
  )
}

const csvFields: Record<string, string> = {
  project: 'project.name', artifacts: 'artifact_stats.count', user: 'user.name', parent: 'parent.name', iteration: 'last_iteration', updated: 'last_update', time: 'active_duration',
  description: 'comment',
}

const csvField = (id: string) =>
  id.startsWith('m.') ? `last_metrics.${id.slice(2)}` : id.startsWith('p.') ? `hyperparams.${id.slice(2)}.value` : (csvFields[id] ?? id)

function metricOf(t: Task, path: string): number | undefined {
  const [metric = '', variant = '', which = 'value'] = path.split('.')
  return t.last_metrics?.[metric]?.[variant]?.[which as keyof Metric] as number | undefined
}

function column(id: string, known: Known[], addTag: (tag: string) => void): Column<Task>[] {
  const title = known.find((k) => k.id === id)?.title ?? id
  if (id.startsWith('m.')) {
    return [{ id, title, width: '120px', number: true, sort: `last_metrics.${id.slice(2)}`, cell: (t) => value(metricOf(t, id.slice(2))) }]
  }
  if (id.startsWith('p.')) {
    const [section = '', name = ''] = id.slice(2).split('.').map((x) => x.replaceAll('%2E', '.').replaceAll('%%', '%'))
    return [{ id, title, width: '110px', number: true, sort: `hyperparams.${id.slice(2)}.value`, cell: (t) => t.hyperparams?.[section]?.[name]?.value ?? '–' }]
  }
  return fields(addTag).filter((c) => c.id === id)
}

function fields(addTag: (tag: string) => void): Column<Task>[] {
  return [
    {
      id: 'status',
      title: 'Status',
      width: '124px',
      sort: 'status',
      cell: (t) => <StatusBadge status={t.status} progress={t.status === 'in_progress' ? t.runtime?.progress : undefined} />,
    },
    {
      id: 'name',
      title: 'Name',
      width: 'minmax(170px, 2fr)',
      sort: 'name',
      cell: (t) => (
        <span className="row">
          <Icon name="flask" />
          <Link className="strong cut" style={{ color: 'var(--text)' }} to="/tasks/$tid/$tab" params={{ tid: t.id, tab: 'artifacts' }}>
            {t.name}
          </Link>
        </span>
      ),
    },
    { id: 'type', title: 'Type', width: '110px', sort: 'type', cell: (t) => <span className="second">{t.type.replaceAll('_', ' ')}</span> },
    { id: 'project', title: 'Project', width: 'minmax(110px, 1fr)', cell: (t) => <span className="second">{t.project?.name}</span> },
    { id: 'tags', title: 'Tags', width: 'minmax(120px, 1fr)', cell: (t) => <RowTags tags={t.tags} add={addTag} /> },
    { id: 'artifacts', title: 'Artifacts', width: '100px', number: true, cell: (t) => <Stored of={t.artifact_stats} /> },
    { id: 'iteration', title: 'Iteration', width: '84px', number: true, sort: 'last_iteration', cell: (t) => count(t.last_iteration ?? 0) },
    { id: 'user', title: 'User', width: '88px', cell: (t) => <Person name={t.user?.name} /> },
    { id: 'started', title: 'Started', width: '88px', number: true, sort: 'started', cell: (t) => <Time at={t.started} /> },
    { id: 'updated', title: 'Updated', width: '88px', number: true, sort: 'last_update', cell: (t) => <Time at={t.last_update} /> },
    { id: 'time', title: 'Run time', width: '76px', number: true, sort: 'active_duration', cell: (t) => duration(t.active_duration) },
    { id: 'description', title: 'Description', width: 'minmax(140px, 1fr)', cell: (t) => <span className="second" title={t.comment}>{t.comment}</span> },
    { id: 'parent', title: 'Parent task', width: 'minmax(120px, 1fr)', cell: (t) => <span className="second">{t.parent?.name ?? '–'}</span> },
    { id: 'id', title: 'Id', width: '90px', cell: (t) => <span className="mono second" title={t.id}>{shortID(t.id)}</span> },
  ]
}

/** How many artifacts a task has and how large they are; a triangle where bytes are missing or others than were recorded. */
function Stored({ of }: { of: Task['artifact_stats'] }) {
  if (!of?.count) return <span className="third">–</span>
  const wrong = [
    ...(of.missing ? [`${count(of.missing)} without their bytes`] : []),
    ...(of.mismatched ? [`${count(of.mismatched)} with other bytes than recorded`] : []),
  ].join(', ')
  return (
    <>
      {wrong && (
        <span role="img" aria-label={wrong} title={wrong} style={{ color: of.missing ? 'var(--bad)' : 'var(--warn)', marginRight: 4 }}>
          <Icon name="warn" size={13} />
        </span>
      )}
      {count(of.count)} · <span className="second">{size(of.bytes)}</span>
    </>
  )
}
