import { Button } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { tasks } from '../api/lists'
import { me, projects, search } from '../api/query'
import { size } from '../lib/format'
import { Page } from '../shell/Shell'
import { StatusBadge } from '../ui/Badge'
import { Icon, typeIcon } from '../ui/Icon'
import { Code, Empty, Failed, Person, Time, Waiting } from '../ui/Parts'
import { ProjectDialog } from './ProjectDialogs'
import { ProjectCard } from './Projects'
import { firstLines } from './Welcome'
import './home.css'

/** Three panels; each loads and fails by itself. */
export function Home() {
  const account = useQuery(me)
  const [making, setMaking] = useState(false)
  const recent = useQuery(projects())
  const runs = useInfiniteQuery(tasks({}))
  const found = useInfiniteQuery(search({}))
  const hour = new Date().getHours()
  const greeting = hour < 12 ? 'Good morning' : hour < 18 ? 'Good afternoon' : 'Good evening'
  const rows = runs.data?.pages[0]?.tasks.slice(0, 10)
  const fresh = found.data?.pages[0]?.artifacts.slice(0, 8)
  const none = rows?.length === 0 && recent.data?.length === 0
  return (
    <Page title="Home" crumbs={[{ name: 'Home' }]}>
      <div className="head">
        <h1>
          {greeting}
          {account.data && `, ${account.data.given_name || account.data.name}`}
        </h1>
        <span className="grow" />
        <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setMaking(true)} disabled={account.data?.role === 'guest'}>
          New project
        </Button>
      </div>
      {making && <ProjectDialog close={() => setMaking(false)} />}
      {none ? (
        <Empty title="Nothing is logged yet.">
          <p>A task and its project are made by the script that logs:</p>
          <Code tabs={firstLines} label="First lines" />
          <p>
            <Link to="/welcome">Set up a machine</Link>
          </p>
        </Empty>
      ) : (
        <div className="pad home">
          <section>
            <div className="row">
              <h2 className="grow">Recent projects</h2>
              <Link to="/projects">All projects</Link>
            </div>
            {recent.error && <Failed error={recent.error} retry={() => recent.refetch()} what="Projects" />}
            {recent.isPending && <Waiting rows={3} />}
            <div className="cards">
              {recent.data?.slice(0, 3).map((p) => <ProjectCard key={p.id} project={p} />)}
            </div>
          </section>
          <div className="halves">
            <section>
              <div className="row">
                <h2 className="grow">Recent tasks</h2>
                <Link to="/tasks">All tasks</Link>
              </div>
              {runs.error && <Failed error={runs.error} retry={() => runs.refetch()} what="Tasks" />}
              {runs.isPending && <Waiting rows={8} />}
              <ul className="panel">
                {rows?.map((t) => (
                  <li key={t.id} className="row">
                    <Icon name="flask" />
                    <Link className="strong cut grow" to="/tasks/$tid/$tab" params={{ tid: t.id, tab: 'artifacts' }}>
                      {t.name}
                    </Link>
                    <span className="second cut where">{t.project?.name?.replaceAll('/', ' / ')}</span>
                    <StatusBadge status={t.status} />
                    <Person name={t.user?.name} only />
                    <span className="third num age">
                      <Time at={t.last_update} />
                    </span>
                  </li>
                ))}
              </ul>
            </section>
            <section>
              <div className="row">
                <h2 className="grow">New artifacts</h2>
                <Link to="/artifacts">All artifacts</Link>
              </div>
              {found.error && <Failed error={found.error} retry={() => found.refetch()} what="Artifacts" />}
              {found.isPending && <Waiting rows={8} />}
              <ul className="panel">
                {fresh?.map((a) => (
                  <li key={a.task + a.mode + a.key} className="row">
                    <Icon name={typeIcon(a.type)} />
                    <span className="grow cut">
                      <Link className="strong" to="/tasks/$tid/$tab" params={{ tid: a.task, tab: 'artifacts' }} search={{ key: a.key, mode: a.mode }}>
                        {a.key}
                      </Link>
                      <br />
                      <small className="third">
                        {a.task_name}
                        {a.version > 1 && ` · v${a.version}`}
                      </small>
                    </span>
                    <span className="num">
                      {size(a.size)}
                      <br />
                      <small className="third">
                        <Time at={a.registered} />
                      </small>
                    </span>
                  </li>
                ))}
                {fresh?.length === 0 && <li className="third">No artifact yet.</li>}
              </ul>
            </section>
          </div>
        </div>
      )}
    </Page>
  )
}
