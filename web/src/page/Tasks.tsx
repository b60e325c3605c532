import { ActionIcon, Button, Checkbox, Menu, TextInput } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useParams, useSearch } from '@tanstack/react-router'
import { me, project, tasks } from '../api/query'
import type { Task } from '../api/types'
import { count, duration } from '../lib/format'
import { Page, projectCrumbs, type Crumb } from '../shell/Shell'
import { StatusBadge, allStatuses } from '../ui/Badge'
import { Icon } from '../ui/Icon'
import { Code, Empty, Failed, Person, Tag, Time, Waiting } from '../ui/Parts'
import { Rows, type Column } from '../ui/Rows'
import { Tabs } from '../ui/Tabs'
import { firstLines } from './Welcome'

interface ListSearch {
  q?: string
  status?: string
  tags?: string
  sort?: string
  archived?: string
  mine?: string
}

export function AllTasks() {
  const search = useSearch({ from: '/inside/tasks' })
  return (
    <Page title="Tasks" crumbs={[{ name: 'Tasks' }]}>
      <div className="head">
        <h1>Tasks</h1>
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
      </div>
      <div className="under">
        <Tabs
          label="Parts of the project"
          items={[
            { label: 'Tasks', active: tab === 'tasks', link: { to: '/projects/$pid/tasks', params: { pid } } },
            { label: 'Artifacts', active: tab === 'artifacts', link: { to: '/projects/$pid/artifacts', params: { pid } } },
          ]}
        />
      </div>
    </>
  )
}

function TaskList({ search, pid }: { search: ListSearch; pid?: string }) {
  const navigate = useNavigate()
  const account = useQuery(me)
  const statuses = search.status?.split(',') ?? []
  const list = useInfiniteQuery(
    tasks({
      project: pid,
      q: search.q,
      status: statuses,
      tags: search.tags?.split(','),
      archived: !!search.archived,
      sort: search.sort,
      mine: search.mine && account.data?.id,
    }),
  )
  const set = (change: Partial<ListSearch>) =>
    navigate({
      to: pid ? '/projects/$pid/tasks' : '/tasks',
      params: pid ? { pid } : {},
      search: { ...search, ...change } as never,
      replace: true,
    })
  const rows = list.data?.pages.flatMap((p) => p.tasks) ?? []
  const filtered = !!(search.q || search.status || search.tags || search.mine)
  return (
    <>
      {search.archived && (
        <div className="pad second" style={{ background: 'var(--muted)', paddingBlock: 6 }}>
          Archive
        </div>
      )}
      <div className="tools">
        <TextInput
          data-filter
          w={260}
          key={pid ?? ''}
          defaultValue={search.q}
          placeholder="Name, id or comment"
          aria-label="Filter by name, id or comment"
          leftSection={<Icon name="search" size={14} />}
          onChange={(e) => set({ q: e.currentTarget.value })}
        />
        <Menu closeOnItemClick={false} position="bottom-start">
          <Menu.Target>
            <Button leftSection={<Icon name="plus" size={14} />}>
              {statuses.length ? `Status is ${statuses.map((s) => allStatuses.find((x) => x.key === s)?.word ?? s).join(', ')}` : 'Status'}
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {allStatuses.map(({ key, word }) => (
              <Menu.Item
                key={key}
                onClick={() => set({ status: (statuses.includes(key) ? statuses.filter((s) => s !== key) : [...statuses, key]).join(',') })}
                leftSection={<Checkbox size="xs" checked={statuses.includes(key)} readOnly tabIndex={-1} aria-hidden />}
                aria-checked={statuses.includes(key)}
                role="menuitemcheckbox"
              >
                {word}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
        {search.tags?.split(',').map((t) => (
          <span key={t} className="row">
            <Tag name={t} />
            <ActionIcon
              variant="subtle"
              color="gray"
              size={18}
              aria-label={`No longer filter by ${t}`}
              onClick={() => set({ tags: search.tags?.split(',').filter((x) => x !== t).join(',') })}
            >
              <Icon name="cross" size={12} />
            </ActionIcon>
          </span>
        ))}
        <Checkbox size="xs" label="Mine" checked={!!search.mine} onChange={(e) => set({ mine: e.currentTarget.checked ? '1' : '' })} />
        <Checkbox size="xs" label="Archive" checked={!!search.archived} onChange={(e) => set({ archived: e.currentTarget.checked ? '1' : '' })} />
        {filtered && <Button onClick={() => set({ q: '', status: '', tags: '', mine: '' })}>Clear all</Button>}
        <span className="grow" />
        <span className="third" aria-live="polite">
          {list.data && (list.hasNextPage ? `${count(rows.length)}+ tasks` : `${count(rows.length)} tasks`)}
        </span>
      </div>
      {list.error && <Failed error={list.error} retry={() => list.refetch()} what="Tasks" />}
      {list.isPending && <Waiting rows={12} />}
      {list.data && rows.length === 0 && (
        filtered ? (
          <Empty title="No task matches.">Remove a filter, or clear them all.</Empty>
        ) : (
          <Empty title={search.archived ? 'The archive is empty.' : 'No task yet.'}>
            {!search.archived && <Code tabs={firstLines} label="First lines" />}
          </Empty>
        )
      )}
      {rows.length > 0 && (
        <Rows
          rows={rows}
          columns={columns(!pid, (tag) => set({ tags: [...new Set([...(search.tags?.split(',') ?? []), tag])].join(',') }))}
          rowKey={(t) => t.id}
          label="Tasks"
          sort={search.sort ?? '-last_update'}
          onSort={(sort) => set({ sort: sort === '-last_update' ? '' : sort })}
          onOpen={(t) => navigate({ to: '/tasks/$tid/$tab', params: { tid: t.id, tab: 'artifacts' } })}
          more={() => !list.isFetchingNextPage && void list.fetchNextPage()}
          hasMore={list.hasNextPage}
        />
      )}
    </>
  )
}

function columns(withProject: boolean, addTag: (tag: string) => void): Column<Task>[] {
  return [
    { id: 'status', title: 'Status', width: '116px', sort: 'status', cell: (t) => <StatusBadge status={t.status} /> },
    {
      id: 'name',
      title: 'Name',
      width: 'minmax(200px, 2fr)',
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
    ...(withProject
      ? [{ id: 'project', title: 'Project', width: 'minmax(120px, 1fr)', cell: (t: Task) => <span className="second">{t.project?.name}</span> }]
      : []),
    {
      id: 'tags',
      title: 'Tags',
      width: 'minmax(120px, 1fr)',
      cell: (t) => (
        <span className="row">
          {t.tags?.map((tag) => (
            <button key={tag} type="button" style={{ all: 'unset', cursor: 'pointer' }} onClick={() => addTag(tag)} aria-label={`Filter by the tag ${tag}`}>
              <Tag name={tag} />
            </button>
          ))}
        </span>
      ),
    },
    { id: 'iteration', title: 'Iteration', width: '84px', number: true, sort: 'last_iteration', cell: (t) => count(t.last_iteration ?? 0) },
    { id: 'user', title: 'User', width: '120px', cell: (t) => <Person name={t.user?.name} /> },
    { id: 'started', title: 'Started', width: '112px', number: true, sort: 'started', cell: (t) => <Time at={t.started} /> },
    { id: 'updated', title: 'Updated', width: '112px', number: true, sort: 'last_update', cell: (t) => <Time at={t.last_update} /> },
    { id: 'time', title: 'Run time', width: '84px', number: true, sort: 'active_duration', cell: (t) => duration(t.active_duration) },
  ]
}
