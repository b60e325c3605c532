import { Button, Checkbox } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useMemo, useRef, useState } from 'react'
import { consoleLog } from '../../api/query'
import type { Task } from '../../api/types'
import { ansi } from '../../lib/ansi'
import { count } from '../../lib/format'
import { Icon } from '../../ui/Icon'
import { Empty, Failed, Waiting } from '../../ui/Parts'
import './console.css'

interface Line {
  at: number
  text: string
}

/** Lines as a terminal would leave them: of a progress bar only its last state. */
function linesOf(at: number, msg: string): Line[] {
  return msg
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .map((text) => ({ at, text: text.replace(/^.*\r(?=[^\r])/s, '') }))
}

export function Console({ task }: { task: Task }) {
  const log = useInfiniteQuery(consoleLog(task.id))
  const scroller = useRef<HTMLDivElement>(null)
  const [follow, setFollow] = useState(true)
  const [wrap, setWrap] = useState(false)
  const lines = useMemo(
    () => (log.data ? [...log.data.pages].reverse().flatMap((p) => p.events.flatMap((e) => linesOf(e.timestamp, e.msg))) : []),
    [log.data],
  )
  const total = log.data?.pages[0]?.total ?? 0
  const virtual = useVirtualizer({ count: lines.length, getScrollElement: () => scroller.current, estimateSize: () => 20, overscan: 40 })
  useEffect(() => {
    if (follow && lines.length) virtual.scrollToIndex(lines.length - 1, { align: 'end' })
  }, [follow, lines.length, virtual])

  if (log.error) return <Failed error={log.error} retry={() => log.refetch()} what="The console" />
  if (!log.data) return <Waiting rows={12} />
  if (!lines.length) return <Empty title="No output">The script has printed nothing yet.</Empty>
  return (
    <div className="consolepage">
      <div className="tools">
        <span className="third">{count(total)} messages</span>
        <Checkbox size="xs" label="Wrap" checked={wrap} onChange={(e) => setWrap(e.currentTarget.checked)} />
        <span className="grow" />
        {!follow && (
          <Button leftSection={<Icon name="down" size={14} />} onClick={() => setFollow(true)}>
            Follow
          </Button>
        )}
        <Button
          leftSection={<Icon name="copy" size={14} />}
          onClick={() => navigator.clipboard.writeText(lines.map((l) => l.text).join('\n'))}
        >
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
          const atEnd = el.scrollHeight - el.scrollTop - el.clientHeight < 40
          if (!atEnd && follow && el.scrollTop < (virtual.scrollOffset ?? 0)) setFollow(false)
          if (el.scrollTop < 400 && log.hasNextPage && !log.isFetchingNextPage) void log.fetchNextPage()
        }}
        onWheel={(e) => e.deltaY < 0 && setFollow(false)}
      >
        {log.hasNextPage && <p className="third">Scroll up for earlier lines</p>}
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map((row) => {
            const line = lines[row.index]
            return (
              line && (
                <div
                  key={row.index}
                  data-index={row.index}
                  ref={wrap ? virtual.measureElement : undefined}
                  className="line"
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
    </div>
  )
}
