import { useInfiniteQuery } from '@tanstack/react-query'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef } from 'react'
import { logSearch } from '../../api/log'
import type { LogMatch, Task } from '../../api/types'
import { count } from '../../lib/format'
import { masked } from '../../lib/mask'
import { Failed, Waiting } from '../../ui/Parts'

/** The expression that finds what was searched for; undefined if there is nothing, or the browser does not know it. */
export function finder(q: string, re: boolean): RegExp | undefined {
  if (!q) return undefined
  try {
    return new RegExp(re ? q : q.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'), 'i')
  } catch {
    return undefined
  }
}

/** How often the log of a task that runs is searched anew, in milliseconds. */
const AGAIN = 10_000

interface Props {
  task: Task
  q: string
  re: boolean
  wrap: boolean
  open: (match: LogMatch) => void
}

/** The lines of the whole log that match; each leads to where it stands. */
export function Matches({ task, q, re, wrap, open }: Props) {
  const found = useInfiniteQuery({ ...logSearch(task.id, q, re), refetchInterval: task.status === 'in_progress' ? AGAIN : false })
  const scroller = useRef<HTMLDivElement>(null)
  const matches = found.data?.pages.flatMap((p) => p.matches) ?? []
  const virtual = useVirtualizer({ count: matches.length, getScrollElement: () => scroller.current, estimateSize: () => 20, overscan: 40 })
  const last = virtual.getVirtualItems().at(-1)?.index ?? 0
  useEffect(() => {
    if (found.hasNextPage && !found.isFetching && last >= matches.length - 100) void found.fetchNextPage()
  }, [last, matches.length, found])
  const hit = finder(q, re)
  if (found.error) return <Failed error={found.error} retry={() => found.refetch()} what="The log" how="could not be searched" />
  if (!found.data) return <Waiting rows={12} />
  const { total = 0, lines = 0 } = found.data.pages[0] ?? {}
  return (
    <>
      <div className="logfacts" role="status">
        {count(total)} of {count(lines)} lines match
      </div>
      <div className={wrap ? 'console wrap' : 'console'} ref={scroller} role="group" aria-label="Lines that match" tabIndex={0}>
        <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {virtual.getVirtualItems().map((row) => {
            const match = matches[row.index]
            if (!match) return null
            const text = masked(match.text)
            const at = hit?.exec(text)
            return (
              <button
                key={match.line}
                type="button"
                data-index={row.index}
                ref={wrap ? virtual.measureElement : undefined}
                className="line"
                style={{ transform: `translateY(${row.start}px)` }}
                onClick={() => open(match)}
              >
                <span className="number">{count(match.line)}</span>
                <span>
                  {at ? (
                    <>
                      {text.slice(0, at.index)}
                      <mark>{at[0]}</mark>
                      {text.slice(at.index + at[0].length)}
                    </>
                  ) : (
                    text
                  )}
                </span>
              </button>
            )
          })}
        </div>
      </div>
    </>
  )
}
