import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { useMemo } from 'react'
import { escaped, frameworks, metadataInUse, metricsInUse, modelConditions, models } from '../api/lists'
import { project } from '../api/query'
import type { Metric, Model } from '../api/types'
import { shortID, value } from '../lib/format'
import { Page, projectCrumbs } from '../shell/Shell'
import { ReadyBadge } from '../ui/Badge'
import type { Known } from '../ui/Columns'
import { Icon } from '../ui/Icon'
import { Empty, Failed, Person, Time } from '../ui/Parts'
import type { Column } from '../ui/Rows'
import { ItemTable, useTable, type ListSearch } from './ItemTable'
import { RowTags } from './Narrowing'
import { ProjectHead } from './Tasks'
import { Views, besideLink, type Listed } from './views'

export function AllModels() {
  const search = useSearch({ from: '/inside/models' })
  return (
    <Page title="Models" crumbs={[{ name: 'Models' }]}>
      <div className="head">
        <h1>Models</h1>
      </div>
      <ModelList search={search} />
    </Page>
  )
}

export function ProjectModels() {
  const { pid } = useParams({ from: '/inside/projects/$pid/models' })
  const search = useSearch({ from: '/inside/projects/$pid/models' })
  const found = useQuery(project(pid))
  return (
    <Page title={found.data?.name ?? 'Project'} crumbs={[...projectCrumbs(found.data?.name, pid), { name: 'Models' }]}>
      <ProjectHead pid={pid} tab="models" />
      {found.error ? <Failed error={found.error} retry={() => found.refetch()} what="The project" /> : <ModelList search={search} pid={pid} />}
    </Page>
  )
}

const usual = ['status', 'name', 'framework', 'tags', 'project', 'task', 'user', 'updated']

const code = `from clearml import OutputModel, Task

task = Task.init("Demo", "first model", output_uri=True)
OutputModel(task, name="net").update_weights("net.pt")`

const status = [
  { value: '1', label: 'Published' },
  { value: '0', label: 'Draft' },
]

function ModelList({ search, pid }: { search: ListSearch; pid?: string }) {
  const navigate = useNavigate()
  const table = useTable('model', search, pid, usual)
  const list = useInfiniteQuery(models(table.narrow, pid))
  const used = useQuery(frameworks)
  const metrics = useQuery(metricsInUse(pid, true))
  const keys = useQuery(metadataInUse(pid))
  const rows = useMemo(() => list.data?.pages.flatMap((p) => p.models) ?? [], [list.data])
  const known: Known[] = [
    ...fields(table.addTag).map((c) => ({ id: c.id, title: c.title, group: 'Field' })),
    ...(metrics.data ?? []).map((m) => ({ id: `m.${m.metric_hash}.${m.variant_hash}.value`, title: `${m.metric} / ${m.variant}`, group: 'Metric' })),
    ...(keys.data ?? []).map((k) => ({ id: `d.${encodeURIComponent(k)}`, title: k, group: 'Metadata' })),
  ]
  const listed: Listed = { kind: 'model', pid, search }
  return (
    <ItemTable
      table={table}
      list={list}
      rows={rows}
      facets={[
        { key: 'framework', name: 'Framework', options: (used.data ?? []).map((f) => ({ value: f, label: f })) },
        { key: 'ready', name: 'Status', options: status },
      ]}
      known={known}
      columns={table.ids.flatMap((id) => column(id, known, table.addTag))}
      conditions={() => modelConditions(table.narrow, pid)}
      csvField={csvField}
      tools={<Views view="table" list={listed} first={rows[0]?.id} />}
      none={<Empty title="No model yet. A task makes one when it stores weights." code={code} />}
      open={(m) => navigate(besideLink(listed, m.id) as never)}
    />
  )
}

const csvFields: Record<string, string> = {
  status: 'ready', project: 'project.name', task: 'task.name', user: 'user.name', updated: 'last_update', description: 'comment',
}

const csvField = (id: string) =>
  id.startsWith('m.')
    ? `last_metrics.${id.slice(2)}`
    : id.startsWith('d.')
      ? `metadata.${escaped(decodeURIComponent(id.slice(2)))}.value`
      : (csvFields[id] ?? id)

function column(id: string, known: Known[], addTag: (tag: string) => void): Column<Model>[] {
  const title = known.find((k) => k.id === id)?.title ?? id
  if (id.startsWith('m.')) {
    const [metric = '', variant = '', which = 'value'] = id.slice(2).split('.')
    return [
      { id, title, width: '110px', number: true, sort: csvField(id), cell: (m) => value(m.last_metrics?.[metric]?.[variant]?.[which as keyof Metric] as number) },
    ]
  }
  if (id.startsWith('d.')) {
    const key = decodeURIComponent(id.slice(2))
    return [{ id, title: key, width: '120px', cell: (m) => m.metadata?.[key]?.value ?? '–' }]
  }
  return fields(addTag).filter((c) => c.id === id)
}

function fields(addTag: (tag: string) => void): Column<Model>[] {
  return [
    { id: 'status', title: 'Status', width: '116px', sort: 'ready', cell: (m) => <ReadyBadge ready={m.ready} /> },
    {
      id: 'name',
      title: 'Name',
      width: 'minmax(200px, 2fr)',
      sort: 'name',
      cell: (m) => (
        <span className="row">
          <Icon name="layers" />
          <Link className="strong cut" style={{ color: 'var(--text)' }} to="/models/$mid/$tab" params={{ mid: m.id, tab: 'general' }}>
            {m.name}
          </Link>
        </span>
      ),
    },
    { id: 'framework', title: 'Framework', width: '110px', sort: 'framework', cell: (m) => <span className="second">{m.framework}</span> },
    { id: 'tags', title: 'Tags', width: 'minmax(120px, 1fr)', cell: (m) => <RowTags tags={m.tags} add={addTag} /> },
    { id: 'project', title: 'Project', width: 'minmax(120px, 1fr)', cell: (m) => <span className="second">{m.project?.name}</span> },
    {
      id: 'task',
      title: 'Made by',
      width: 'minmax(130px, 1fr)',
      cell: (m) =>
        m.task?.name ? (
          <Link to="/tasks/$tid/$tab" params={{ tid: m.task.id, tab: 'artifacts' }}>
            {m.task.name}
          </Link>
        ) : (
          <span className="third">{m.task ? 'task deleted' : '–'}</span>
        ),
    },
    { id: 'user', title: 'User', width: '120px', cell: (m) => <Person name={m.user?.name} /> },
    { id: 'updated', title: 'Updated', width: '112px', number: true, sort: 'last_update', cell: (m) => <Time at={m.last_update} /> },
    { id: 'created', title: 'Created', width: '112px', number: true, sort: 'created', cell: (m) => <Time at={m.created} /> },
    { id: 'description', title: 'Description', width: 'minmax(140px, 1fr)', cell: (m) => <span className="second" title={m.comment}>{m.comment}</span> },
    { id: 'id', title: 'Id', width: '90px', cell: (m) => <span className="mono second" title={m.id}>{shortID(m.id)}</span> },
  ]
}
