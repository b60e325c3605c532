import { useInfiniteQuery } from '@tanstack/react-query'
import { useVirtualizer } from '@tanstack/react-virtual'
import { Link } from '@tanstack/react-router'
import { useEffect, useMemo, useRef } from 'react'
import { tasks } from '../../api/lists'
import { count } from '../../lib/format'
import { StatusBadge } from '../../ui/Badge'
import { Icon, taskIcon } from '../../ui/Icon'
import { Empty, Failed, Time, Waiting } from '../../ui/Parts'
import { Views, type Listed } from '../views'
import './beside.css'

/** The height of a card, in pixels. */
const CARD = 64

/** The tasks of a list as cards; the one that is shown beside them is marked. */
export function Beside({ list, tid, tab }: { list: Listed; tid: string; tab: string }) {
  const found = useInfiniteQuery(tasks(list.search, list.pid))
  const scroller = useRef<HTMLDivElement>(null)
  const rows = useMemo(() => found.data?.pages.flatMap((p) => p.tasks) ?? [], [found.data])
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => CARD, overscan: 10 })
  const last = virtual.getVirtualItems().at(-1)?.index ?? 0
  useEffect(() => {
    if (found.hasNextPage && !found.isFetching && last >= rows.length - 30) void found.fetchNextPage()
  }, [last, rows.length, found])
  const at = rows.findIndex((t) => t.id === tid)
  useEffect(() => {
    if (at >= 0) virtual.scrollToIndex(at)
  }, [at >= 0]) // eslint-disable-line react-hooks/exhaustive-deps
  return (
    <nav className="cards" aria-label="Tasks of the list">
      <div className="cardstop">
        <Views view="details" list={list} first={tid} />
        <span className="third">
          {count(rows.length)}
          {found.hasNextPage && '+'}
        </span>
      </div>
      {found.error && <Failed error={found.error} retry={() => found.refetch()} what="The list" />}
      {found.isPending && <Waiting rows={8} />}
      {found.data && !rows.length && <Empty title="No task matches." />}
      <div className="scrolls grow" ref={scroller}>
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map((item) => {
            const t = rows[item.index]
            return (
              t && (
                <Link
                  key={t.id}
                  to="/tasks/$tid/$tab"
                  params={{ tid: t.id, tab }}
                  className={t.id === tid ? 'onecard on' : 'onecard'}
                  aria-current={t.id === tid ? 'page' : undefined}
                  style={{ transform: `translateY(${item.start}px)`, height: CARD }}
                >
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
                </Link>
              )
            )
          })}
        </div>
      </div>
    </nav>
  )
}
