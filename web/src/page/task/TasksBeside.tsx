import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo, type ReactNode } from 'react'
import { tasks } from '../../api/lists'
import { StatusBadge } from '../../ui/Badge'
import { Icon, taskIcon } from '../../ui/Icon'
import { Time } from '../../ui/Parts'
import { Beside } from '../Beside'
import type { Listed } from '../views'

/** The tasks of a list, and the page of one of them beside it. */
export function TasksBeside({ list, tid, tab, children }: { list: Listed; tid: string; tab: string; children: ReactNode }) {
  const found = useInfiniteQuery(tasks(list.search, list.pid))
  const rows = useMemo(() => found.data?.pages.flatMap((p) => p.tasks) ?? [], [found.data])
  return (
    <Beside
      list={list}
      found={found}
      rows={rows}
      id={tid}
      tab={tab}
      card={(t) => (
        <>
          <span className="row">
            <Icon name={taskIcon(t.type)} size={14} />
            <span className="cut strong">{t.name}</span>
          </span>
          <span className="row">
            <StatusBadge status={t.status} />
            <span className="third cut">
              <Time at={t.last_update} />
            </span>
          </span>
        </>
      )}
    >
      {children}
    </Beside>
  )
}
