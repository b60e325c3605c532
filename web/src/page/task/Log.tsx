import { Button } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useLayoutEffect, useMemo, useRef } from 'react'
import { consoleLog } from '../../api/log'
import type { LogLine, Task } from '../../api/types'
import { ansi } from '../../lib/ansi'
import { count } from '../../lib/format'
import { masked } from '../../lib/mask'
import { Icon } from '../../ui/Icon'
import { Empty, Failed, Waiting } from '../../ui/Parts'
import { finder } from './Matches'

interface Line {
  id: string // the same when the line is read again, in whatever page
  at: number
  text: string
}

/** Lines as a terminal would leave them, of a progress bar only its last state, and without secrets. */
function linesOf(events: LogLine[]): Line[] {
  let before: number | undefined
  let n = 0
  return events.flatMap((e) =>
    e.msg
      .replace(/\r?\n$/, '')
      .split(/\r?\n/)
      .map((text) => {
        n = e.timestamp === before ? n + 1 : 0
        before = e.timestamp
        return { id: `${e.timestamp} ${n}`, at: e.timestamp, text: masked(text.replace(/^.*\r(?=[^\r])/s, '')) }
      }),
  )
}

/** How near to an end of what is held more is asked for, in pixels. */
const NEAR = 400

interface Props {
  task: Task
  at: number | undefined // a time that it is read around; else it is read from its end
  q: string
  re: boolean
  wrap: boolean
  follow: boolean
  setFollow: (follow: boolean) => void
}

export function Log({ task, at, q, re, wrap, follow, setFollow }: Props) {
  const log = useInfiniteQuery(consoleLog(task.id, at))
  const scroller = useRef<HTMLDivElement>(null)
  const top = useRef<string>(undefined) // the line that is seen first
  const found = useRef(false)
  const lines = useMemo(() => linesOf(log.data?.pages.toReversed().flatMap((p) => p.events) ?? []), [log.data])
  const hit = useMemo(() => finder(q, re), [q, re])
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => 20,
    getItemKey: (i) => lines[i]?.id ?? i,
    overscan: 40,
  })
  useLayoutEffect(() => {
    if (!lines.length) return
    if (at && !found.current) {
      const first = lines.findIndex((l) => l.at === at && (!hit || plain(l.text).search(hit) >= 0))
      virtual.scrollToIndex(first < 0 ? lines.findLastIndex((l) => l.at <= at) : first, { align: 'center' })
      // What came later is read once this is shown; then the line can stand amid others.
      found.current = !log.hasPreviousPage || (log.data?.pages.length ?? 0) > 1
    } else if (follow) {
      virtual.scrollToIndex(lines.length - 1, { align: 'end' })
    } else if (top.current) {
      // Lines that came before it do not push away what is being read.
      const index = lines.findIndex((l) => l.id === top.current)
      if (index >= 0) virtual.scrollToIndex(index, { align: 'start' })
    }
  }, [lines]) // eslint-disable-line react-hooks/exhaustive-deps
  useEffect(() => {
    if (follow && lines.length) virtual.scrollToIndex(lines.length - 1, { align: 'end' })
  }, [follow, lines.length, virtual])
  useEffect(() => {
    if (at && log.data?.pages.length === 1 && log.hasPreviousPage && !log.isFetching) void log.fetchPreviousPage()
  }, [at, log])

  if (log.error) return <Failed error={log.error} retry={() => log.refetch()} what="The console" />
  if (!log.data) return <Waiting rows={12} />
  if (!lines.length) return <Empty title="No output">The script has printed nothing yet.</Empty>
  const total = log.data.pages[0]?.total ?? 0
  return (
    <>
      <div className="logfacts">
        <span>
          {count(total)} message{total === 1 ? '' : 's'}
        </span>
        {log.hasNextPage && <span>{log.isFetchingNextPage ? 'Reading earlier lines…' : 'Scroll up for earlier lines'}</span>}
        {log.hasPreviousPage && <span>{log.isFetchingPreviousPage ? 'Reading later lines…' : 'Scroll down for later lines'}</span>}
        <span className="grow" />
        <Button size="compact-xs" leftSection={<Icon name="copy" size={12} />} onClick={() => navigator.clipboard.writeText(lines.map((l) => plain(l.text)).join('\n'))}>
          Copy what is loaded
        </Button>
      </div>
      <div
        className={wrap ? 'console wrap' : 'console'}
        ref={scroller}
        role="log"
        aria-live="off"
        aria-label="Console"
        tabIndex={0}
        onScroll={(e) => {
          const el = e.currentTarget
          const below = el.scrollHeight - el.scrollTop - el.clientHeight
          if (below >= 40 && follow && el.scrollTop < (virtual.scrollOffset ?? 0)) setFollow(false)
          top.current = lines[virtual.getVirtualItemForOffset(el.scrollTop)?.index ?? 0]?.id
          if (log.isFetching) return
          if (el.scrollTop < NEAR && log.hasNextPage) void log.fetchNextPage()
          else if (below < NEAR && log.hasPreviousPage) void log.fetchPreviousPage()
        }}
        onWheel={(e) => e.deltaY < 0 && setFollow(false)}
        onKeyDown={(e) => ['ArrowUp', 'PageUp', 'Home'].includes(e.key) && setFollow(false)}
      >
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map((row) => {
            const line = lines[row.index]
            return (
              line && (
                <div
                  key={row.key}
                  data-index={row.index}
                  ref={wrap ? virtual.measureElement : undefined}
                  className={hit && plain(line.text).search(hit) >= 0 ? 'line hit' : 'line'}
                  style={{ transform: `translateY(${row.start}px)` }}
                >
                  <time dateTime={new Date(line.at).toISOString()}>{new Date(line.at).toLocaleTimeString('en-GB')}</time>
                  <span>
                    {ansi(line.text).map((piece, i) => (
                      <span key={i} className={piece.style}>
                        {piece.text}
                      </span>
                    ))}
                  </span>
                </div>
              )
            )
          })}
        </div>
      </div>
    </>
  )
}

const plain = (text: string) =>
  ansi(text)
    .map((piece) => piece.text)
    .join('')
