import { Select, TextInput } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { project, search as searchQuery } from '../api/query'
import type { FoundArtifact } from '../api/types'
import { count, exactSize, shortDigest, size } from '../lib/format'
import { Page, projectCrumbs } from '../shell/Shell'
import { StateMark } from '../ui/Badge'
import { Icon, typeIcon } from '../ui/Icon'
import { Empty, Failed, Time, Waiting } from '../ui/Parts'
import { Rows, type Column } from '../ui/Rows'
import { ProjectHead } from './Tasks'

interface Search {
  name?: string
  type?: string
  state?: string
  digest?: string
}

export function AllArtifacts() {
  const search = useSearch({ from: '/inside/artifacts' })
  return (
    <Page title="Artifacts" crumbs={[{ name: 'Artifacts' }]}>
      <div className="head">
        <h1>Artifacts</h1>
      </div>
      <List search={search} />
    </Page>
  )
}

export function ProjectArtifacts() {
  const { pid } = useParams({ from: '/inside/projects/$pid/artifacts' })
  const search = useSearch({ from: '/inside/projects/$pid/artifacts' })
  const found = useQuery(project(pid))
  return (
    <Page title={found.data?.name ?? 'Project'} crumbs={[...projectCrumbs(found.data?.name, pid), { name: 'Artifacts' }]}>
      <ProjectHead pid={pid} tab="artifacts" />
      <List search={search} pid={pid} />
    </Page>
  )
}

function List({ search, pid }: { search: Search; pid?: string }) {
  const navigate = useNavigate()
  const digest = search.digest && /^[0-9a-f]{64}$/.test(search.digest) ? search.digest : undefined
  const list = useInfiniteQuery(searchQuery({ ...search, digest, project: pid }))
  const set = (change: Search) =>
    navigate({
      to: pid ? '/projects/$pid/artifacts' : '/artifacts',
      params: pid ? { pid } : {},
      search: { ...search, ...change } as never,
      replace: true,
    })
  const rows = list.data?.pages.flatMap((p) => p.artifacts) ?? []
  return (
    <>
      <div className="tools">
        <TextInput
          data-filter
          w={240}
          defaultValue={search.name}
          placeholder="Name"
          aria-label="Filter by name"
          leftSection={<Icon name="search" size={14} />}
          onChange={(e) => set({ name: e.currentTarget.value })}
        />
        <TextInput
          w={220}
          defaultValue={search.digest}
          placeholder="SHA-256, 64 hex digits"
          aria-label="Filter by digest"
          error={search.digest && !digest ? 'A digest has 64 hex digits' : undefined}
          onChange={(e) => set({ digest: e.currentTarget.value.trim().toLowerCase() })}
        />
        <Select
          w={140}
          size="xs"
          clearable
          placeholder="State"
          aria-label="Filter by state"
          value={search.state ?? null}
          onChange={(state) => set({ state: state ?? '' })}
          data={[
            { value: 'stored', label: 'Stored' },
            { value: 'pending', label: 'Uploading' },
            { value: 'mismatched', label: 'Mismatched' },
            { value: 'external', label: 'External' },
            { value: 'missing', label: 'Missing' },
          ]}
        />
        <span className="grow" />
        <span className="third" aria-live="polite">
          {list.data && `${count(rows.length)}${list.hasNextPage ? '+' : ''} artifacts`}
        </span>
      </div>
      {list.error && <Failed error={list.error} retry={() => list.refetch()} what="Artifacts" />}
      {list.isPending && <Waiting rows={12} />}
      {list.data && rows.length === 0 && (
        <Empty title="No artifact matches." code={'task.upload_artifact("train", dataframe)'}>
          Artifacts appear here as soon as a task logs them:
        </Empty>
      )}
      {rows.length > 0 && (
        <Rows
          rows={rows}
          columns={columns(!pid)}
          rowKey={(a) => `${a.task} ${a.mode} ${a.key}`}
          label="Artifacts"
          onOpen={(a) =>
            navigate({ to: '/tasks/$tid/$tab', params: { tid: a.task, tab: 'artifacts' }, search: { key: a.key, mode: a.mode } })
          }
          more={() => !list.isFetchingNextPage && void list.fetchNextPage()}
          hasMore={list.hasNextPage}
        />
      )}
    </>
  )
}

function columns(withProject: boolean): Column<FoundArtifact>[] {
  return [
    {
      id: 'name',
      title: 'Name',
      width: 'minmax(180px, 2fr)',
      cell: (a) => (
        <span className="row">
          <Icon name={typeIcon(a.type)} />
          <Link
            className="strong cut"
            style={{ color: 'var(--text)' }}
            to="/tasks/$tid/$tab"
            params={{ tid: a.task, tab: 'artifacts' }}
            search={{ key: a.key, mode: a.mode }}
          >
            {a.key}
          </Link>
          <StateMark state={a.state} />
        </span>
      ),
    },
    { id: 'type', title: 'Type', width: '110px', cell: (a) => <span className="second">{a.type}</span> },
    { id: 'size', title: 'Size', width: '84px', number: true, cell: (a) => <span title={exactSize(a.size)}>{size(a.size)}</span> },
    { id: 'version', title: 'Version', width: '64px', number: true, cell: (a) => `v${a.version}` },
    {
      id: 'digest',
      title: 'SHA-256',
      width: '140px',
      cell: (a) => (
        <span className="mono third" title={a.sha256}>
          {a.sha256 ? shortDigest(a.sha256) : '–'}
        </span>
      ),
    },
    {
      id: 'task',
      title: 'Task',
      width: 'minmax(140px, 1.5fr)',
      cell: (a) => (
        <Link to="/tasks/$tid/$tab" params={{ tid: a.task, tab: 'artifacts' }}>
          {a.task_name}
        </Link>
      ),
    },
    ...(withProject
      ? [{ id: 'project', title: 'Project', width: 'minmax(120px, 1fr)', cell: (a: FoundArtifact) => <span className="second">{a.project_name}</span> }]
      : []),
    { id: 'registered', title: 'Registered', width: '112px', number: true, cell: (a) => <Time at={a.registered} /> },
  ]
}
