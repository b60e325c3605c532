import { TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { projects } from '../api/query'
import type { Project } from '../api/types'
import { count } from '../lib/format'
import { Page } from '../shell/Shell'
import { Icon } from '../ui/Icon'
import { Code, Empty, Failed, Time, Waiting } from '../ui/Parts'
import { firstLines } from './Welcome'
import './projects.css'

export function ProjectCard({ project }: { project: Project }) {
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
            <Link to="/projects/$pid/tasks" params={{ pid: project.id }}>
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
      </div>
      <footer className="row third">
        <span className="grow">
          <Time at={project.last_update} />
        </span>
        {children > 0 && (
          <span>
            {children} subproject{children > 1 && 's'}
          </span>
        )}
        {project.default_output_destination && <span className="cut mono">{project.default_output_destination}</span>}
      </footer>
    </article>
  )
}

export function Projects() {
  const { q = '' } = useSearch({ from: '/inside/projects' })
  const navigate = useNavigate()
  const list = useQuery(projects(q))
  return (
    <Page title="Projects" crumbs={[{ name: 'Projects' }]}>
      <div className="head">
        <h1>Projects</h1>
      </div>
      <div className="tools">
        <TextInput
          data-filter
          w={280}
          defaultValue={q}
          placeholder="Filter by name"
          aria-label="Filter by name"
          leftSection={<Icon name="search" size={14} />}
          onChange={(e) => navigate({ to: '/projects', search: { q: e.currentTarget.value }, replace: true })}
        />
        {list.data && <span className="third">{count(list.data.length)} shown</span>}
      </div>
      {list.error && <Failed error={list.error} retry={() => list.refetch()} what="Projects" />}
      {list.isPending && <Waiting />}
      {list.data?.length === 0 &&
        (q ? (
          <Empty title="No project has this in its name.">
            <Link to="/projects">Clear the filter</Link>
          </Empty>
        ) : (
          <Empty title="No project yet. A task creates its project by itself.">
            <Code tabs={firstLines} label="First lines" />
          </Empty>
        ))}
      <div className="cards pad">
        {list.data?.map((p) => <ProjectCard key={p.id} project={p} />)}
      </div>
    </Page>
  )
}
