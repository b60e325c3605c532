import { ActionIcon, Button, Checkbox, Menu, SegmentedControl, TextInput, Tooltip } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { me, projectTags, projects } from '../api/query'
import type { Project } from '../api/types'
import { count, duration } from '../lib/format'
import { usePreferences } from '../lib/preferences'
import { Page } from '../shell/Shell'
import { FilterChip, Pick } from '../ui/Filters'
import { Icon } from '../ui/Icon'
import { Code, Empty, Failed, Time, Waiting } from '../ui/Parts'
import { WantedTags, tagOptions } from '../ui/Tag'
import { DeleteProject, ProjectDialog } from './ProjectDialogs'
import { firstLines } from './Welcome'
import './projects.css'

export function ProjectCard({ project, menu }: { project: Project; menu?: boolean }) {
  const [asking, setAsking] = useState('')
  const parts = project.name.split('/')
  const active = project.stats?.active
  const running = active?.status_count?.in_progress ?? 0
  const children = project.sub_projects?.length ?? 0
  return (
    <article className="card">
      <div className="row">
        <span className="square">
          <Icon name="folder" />
        </span>
        <div className="grow">
          <small className="third cut">{parts.slice(0, -1).join(' / ')}</small>
          <h3 className="cut">
            <Link to="/projects/$pid" params={{ pid: project.id }}>
              {parts.at(-1)}
            </Link>
          </h3>
        </div>
        {running > 0 && (
          <span className="badge busy" title={`${running} running`}>
            <Icon name="dot" size={12} className="pulse" />
            {running}
            <span className="hidden">running</span>
          </span>
        )}
        {project.system_tags?.includes('hidden') && <span className="badge idle">Hidden</span>}
        {menu && (
          <Menu position="bottom-end">
            <Menu.Target>
              <Button size="compact-xs" variant="subtle" color="gray" aria-label={`Actions on ${project.name}`}>
                <Icon name="more" size={14} />
              </Button>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={() => setAsking('settings')}>Settings: rename, move, destination…</Menu.Item>
              <Menu.Item onClick={() => setAsking('sub')}>New subproject…</Menu.Item>
              <Menu.Item onClick={() => setAsking('delete')}>Delete…</Menu.Item>
            </Menu.Dropdown>
          </Menu>
        )}
        {asking === 'settings' && <ProjectDialog project={project} close={() => setAsking('')} />}
        {asking === 'sub' && <ProjectDialog under={project.name} close={() => setAsking('')} />}
        {asking === 'delete' && <DeleteProject project={project} close={() => setAsking('')} />}
      </div>
      <p className="second cut">{project.description || ' '}</p>
      <div className="row numbers">
        <span>
          <b>{count(active?.total_tasks ?? 0)}</b>
          <small className="third">tasks</small>
        </span>
        <span>
          <b>{count(active?.status_count?.completed ?? 0)}</b>
          <small className="third">completed</small>
        </span>
        <span>
          <b>{count(active?.completed_tasks_24h ?? 0)}</b>
          <small className="third">in 24 h</small>
        </span>
        <span>
          <b>{duration(active?.total_runtime ?? 0)}</b>
          <small className="third">run time</small>
        </span>
      </div>
      <footer className="row third">
        <span className="grow">
          <Time at={project.last_update} />
        </span>
        {children > 0 && (
          <Link to="/projects" search={{ under: project.name }}>
            {children} subproject{children > 1 && 's'}
          </Link>
        )}
        {project.default_output_destination && <span className="cut mono">{project.default_output_destination}</span>}
      </footer>
    </article>
  )
}

interface Search {
  q?: string
  under?: string
  hidden?: string
  sort?: string
  mine?: string
  re?: string
  tags?: string
  all?: string
}

export function Projects() {
  const search: Search = useSearch({ from: '/inside/projects' })
  const [{ show_hidden }] = usePreferences()
  const { q = '', under, hidden = show_hidden ? '1' : '0', sort, mine, re, tags, all } = search
  const navigate = useNavigate()
  const account = useQuery(me)
  const [making, setMaking] = useState(false)
  const list = useQuery(
    // What is searched for may be at any depth; else it goes down level by level.
    projects(q, { under, hidden: hidden === '1', byName: sort === 'name', user: mine && account.data?.id, level: !q && !tags && !mine, re: !!re, tags, all: !!all }),
  )
  const inUse = useQuery(projectTags)
  const set = (change: Search) => navigate({ to: '/projects', search: { ...search, ...change } as never, replace: true })
  const levels = under?.split('/') ?? []
  const crumbs = [
    { name: 'Projects', to: '/projects' },
    ...levels.map((name, i) => ({ name, to: '/projects', search: { under: levels.slice(0, i + 1).join('/') } })),
  ]
  const shown = list.data ?? []
  return (
    <Page title={under ?? 'Projects'} crumbs={crumbs}>
      <div className="head">
        <h1>{levels.at(-1) ?? 'Projects'}</h1>
        <span className="third">{levels.slice(0, -1).join(' / ')}</span>
        <span className="grow" />
        <Button variant="filled" leftSection={<Icon name="plus" size={14} />} onClick={() => setMaking(true)} disabled={account.data?.role === 'guest'}>
          New project
        </Button>
      </div>
      <div className="tools">
        <TextInput
          data-filter
          w={280}
          defaultValue={q}
          placeholder="Name or id"
          aria-label="Filter by name or id"
          leftSection={<Icon name="search" size={14} />}
          rightSection={
            <Tooltip label="Regular expression">
              <ActionIcon
                variant={re ? 'light' : 'subtle'}
                color={re ? undefined : 'gray'}
                size={20}
                aria-label="Regular expression"
                aria-pressed={!!re}
                onClick={() => set({ re: re ? '' : '1' })}
              >
                <span className="mono">.*</span>
              </ActionIcon>
            </Tooltip>
          }
          onChange={(e) => set({ q: e.currentTarget.value })}
        />
        <SegmentedControl
          size="xs"
          aria-label="Order"
          value={sort === 'name' ? 'name' : 'recent'}
          onChange={(v) => set({ sort: v === 'name' ? v : '' })}
          data={[
            { value: 'recent', label: 'Recent' },
            { value: 'name', label: 'Name' },
          ]}
        />
        {tags && (
          <FilterChip name={all ? 'All tags' : 'Tags'} clear={() => set({ tags: '', all: '' })}>
            <WantedTags tags={tags.split(',')} all={!!all} />
          </FilterChip>
        )}
        <Pick
          name="Tags"
          {...tagOptions(inUse.data)}
          chosen={tags?.split(',') ?? []}
          change={(next) => set({ tags: next.join(',') })}
          extra={<Checkbox mt={8} size="xs" label="All of them" checked={!!all} onChange={(e) => set({ all: e.currentTarget.checked ? '1' : '' })} />}
        />
        <Checkbox size="xs" label="Mine" checked={!!mine} onChange={(e) => set({ mine: e.currentTarget.checked ? '1' : '' })} />
        <Checkbox size="xs" label="Hidden ones too" checked={hidden === '1'} onChange={(e) => set({ hidden: e.currentTarget.checked === !!show_hidden ? '' : e.currentTarget.checked ? '1' : '0' })} />
        <span className="grow" />
        {list.data && <span className="third">{count(shown.length)} shown</span>}
      </div>
      {list.error && <Failed error={list.error} retry={() => list.refetch()} what="Projects" />}
      {list.isPending && <Waiting />}
      {list.data && shown.length === 0 &&
        (q || under || mine || tags ? (
          <Empty title="No project matches.">
            <Link to="/projects">Show all</Link>
          </Empty>
        ) : (
          <Empty title="No project yet. A task creates its project by itself.">
            <Code tabs={firstLines} label="First lines" />
          </Empty>
        ))}
      <div className="cards pad">
        {!q && !under && !tags && shown.length > 0 && (
          <article className="card all">
            <h2 className="strong" style={{ fontSize: 'inherit' }}>
              <Link to="/tasks">All tasks</Link>
            </h2>
            <p className="second">
              Everything, whatever its project. Also <Link to="/models">all models</Link> and <Link to="/artifacts">all artifacts</Link>.
            </p>
          </article>
        )}
        {shown.map((p) => (
          <ProjectCard key={p.id} project={p} menu={account.data?.role !== 'guest'} />
        ))}
      </div>
      {making && <ProjectDialog under={under} close={() => setMaking(false)} />}
    </Page>
  )
}
