import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { tasks, type Narrow } from '../../api/lists'
import { count } from '../../lib/format'
import { StatusBadge, allStatuses } from '../../ui/Badge'
import { Failed, Person, Time, Waiting } from '../../ui/Parts'
import { Narrowing, RowTags, isNarrowed } from '../Narrowing'

interface Props {
  model: string
  narrow: Narrow
  set: (change: Narrow) => void
}

const facets = [{ key: 'status' as const, name: 'Status', options: allStatuses.map(({ key, word }) => ({ value: key, label: word })) }]

/** The tasks that use a model. */
export function UsedBy({ model, narrow, set }: Props) {
  const list = useInfiniteQuery(tasks({ ...narrow, uses: model }))
  const rows = list.data?.pages.flatMap((p) => p.tasks) ?? []
  return (
    <section className="frame" style={{ marginInline: 0 }} aria-label="Used by">
      <div className="framehead">
        <h2 className="strong" style={{ fontSize: 'inherit' }}>
          Used by
        </h2>
      </div>
      <Narrowing kind="task" narrow={narrow} set={set} facets={facets} shown={list.data && `${count(rows.length)}${list.hasNextPage ? '+' : ''} tasks`} />
      {list.error && <Failed error={list.error} retry={() => list.refetch()} what="The tasks" />}
      {list.isPending && <Waiting rows={3} />}
      {list.data && rows.length === 0 && <p className="second pad">{isNarrowed(narrow) ? 'No task matches.' : 'No task uses it.'}</p>}
      {rows.length > 0 && (
        <div className="scrolls" tabIndex={0} role="group" aria-label="Tasks that use it">
          <table className="plain">
            <thead>
              <tr>
                {['Status', 'Name', 'Project', 'Tags', 'User', 'Started', 'Description'].map((h) => (
                  <th key={h} scope="col" style={{ whiteSpace: 'nowrap' }}>
                    {h}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {rows.map((t) => (
                <tr key={t.id}>
                  <td>
                    <StatusBadge status={t.status} />
                  </td>
                  <td style={{ minWidth: 140 }}>
                    <Link to="/tasks/$tid/$tab" params={{ tid: t.id, tab: 'artifacts' }}>
                      {t.name}
                    </Link>
                  </td>
                  <td className="second" style={{ minWidth: 120 }}>{t.project?.name}</td>
                  <td>
                    <RowTags tags={t.tags} add={(tag) => set({ tags: tag })} />
                  </td>
                  <td>
                    <Person name={t.user?.name} />
                  </td>
                  <td>
                    <Time at={t.started} />
                  </td>
                  <td className="second">{t.comment}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {list.hasNextPage && (
        <Button m={12} onClick={() => void list.fetchNextPage()}>
          Show more
        </Button>
      )}
    </section>
  )
}
