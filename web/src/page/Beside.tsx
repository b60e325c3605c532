/** The page of one task or model with the list it is of at its left. */

import { ActionIcon } from '@mantine/core'
import { useVirtualizer } from '@tanstack/react-virtual'
import { Link, useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, type KeyboardEvent, type ReactNode } from 'react'
import { count } from '../lib/format'
import { Icon } from '../ui/Icon'
import { Empty, Failed, Waiting } from '../ui/Parts'
import type { List } from './ItemTable'
import { Views, besideLink, besideSearch, type Listed } from './views'
import './beside.css'

/** The height of a card, in pixels. */
const CARD = 64

interface Props<T> {
  list: Listed
  found: List
  rows: T[]
  id: string // of the one that is shown
  tab: string
  card: (row: T) => ReactNode // two lines
  children: ReactNode
}

/** Cards of a list, the one that is shown marked, and beside them its page. */
export function Beside<T extends { id: string }>({ list, found, rows, id, tab, card, children }: Props<T>) {
  const navigate = useNavigate()
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => CARD, overscan: 10 })
  const last = virtual.getVirtualItems().at(-1)?.index ?? 0
  useEffect(() => {
    if (found.hasNextPage && !found.isFetchingNextPage && last >= rows.length - 30) void found.fetchNextPage()
  }, [last, rows.length, found])
  const at = rows.findIndex((r) => r.id === id)
  useEffect(() => {
    if (at < 0) return
    virtual.scrollToIndex(at)
    // The keys go on from here, unless somebody is at something else.
    if (document.activeElement === document.body || scroller.current?.contains(document.activeElement)) {
      requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>('[aria-current]')?.focus({ preventScroll: true }))
    }
  }, [id, at >= 0]) // eslint-disable-line react-hooks/exhaustive-deps
  /** Arrows go from one to the next. */
  function press(e: KeyboardEvent) {
    const by = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[e.key]
    const to = by && rows[at + by]
    if (!to || e.ctrlKey || e.metaKey || e.altKey) return
    e.preventDefault()
    void navigate({ ...besideLink(list, to.id, tab), replace: true } as never)
  }
  return (
    <div className="beside">
      <nav className="cards" aria-label={list.kind === 'task' ? 'Tasks of the list' : 'Models of the list'}>
        <div className="cardstop">
          <Views view="details" list={list} first={id} />
          <span className="third">
            {count(rows.length)}
            {found.hasNextPage && '+'}
          </span>
        </div>
        {!!found.error && <Failed error={found.error} retry={() => found.refetch()} what="The list" />}
        {found.isPending && <Waiting rows={8} />}
        {!!found.data && !rows.length && <Empty title={`No ${list.kind} matches.`} />}
        <div className="scrolls grow" ref={scroller} onKeyDown={press}>
          <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
            {virtual.getVirtualItems().map((item) => {
              const row = rows[item.index]
              return (
                row && (
                  <Link
                    key={row.id}
                    {...besideLink(list, row.id, tab)}
                    className={row.id === id ? 'onecard on' : 'onecard'}
                    aria-current={row.id === id ? 'page' : undefined}
                    style={{ transform: `translateY(${item.start}px)`, height: CARD }}
                  >
                    {card(row)}
                  </Link>
                )
              )
            })}
          </div>
        </div>
      </nav>
      <div className="panel">{children}</div>
    </div>
  )
}

/** Brings the list to the page of one of it, or takes it away. */
export function BesideSwitch({ list, beside }: { list: Listed; beside: boolean }) {
  const navigate = useNavigate()
  return (
    <ActionIcon
      className="wide"
      variant="default"
      size={30}
      aria-label={beside ? 'Show on the whole page' : 'Show beside its list'}
      onClick={() => navigate({ to: '.', search: (now: object) => ({ ...now, ...besideSearch(list.kind, beside ? undefined : list) }) } as never)}
    >
      <Icon name={beside ? 'expand' : 'side'} size={14} />
    </ActionIcon>
  )
}
