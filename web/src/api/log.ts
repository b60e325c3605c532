/** The console log of a task: in pages both ways from any time, and searched as a whole. */

import { infiniteQueryOptions } from '@tanstack/react-query'
import { call, own } from './client'
import type { LogLine, LogMatch } from './types'

/** Events of one page, and pages that are held: a log may have millions of lines. */
const PAGE = 500
const HELD = 6

/** Where a page begins, and which way it goes; 0 is the end of the log. */
interface From {
  time: number
  earlier: boolean
}

interface LogPage {
  events: LogLine[]
  total: number
  from: From
}

/** Pages, the newest first: from the end of the log back, or around a time. */
export const consoleLog = (task: string, around?: number) =>
  infiniteQueryOptions({
    queryKey: ['console', task, around],
    queryFn: async ({ pageParam: from, signal }): Promise<LogPage> => ({
      ...(await call<Omit<LogPage, 'from'>>(
        'events.get_task_log',
        { task, batch_size: PAGE, navigate_earlier: from.earlier, from_timestamp: from.time || undefined, order: 'asc' },
        signal,
      )),
      from,
    }),
    initialPageParam: { time: around ? around + 1 : 0, earlier: true } as From,
    getNextPageParam: (oldest): From | undefined => {
      const time = oldest.events[0]?.timestamp
      return time === undefined || (oldest.from.earlier && oldest.events.length < PAGE) ? undefined : { time, earlier: true }
    },
    getPreviousPageParam: (newest): From | undefined => {
      const time = newest.events.at(-1)?.timestamp
      const atEnd = newest.from.earlier ? newest.from.time === 0 : newest.events.length < PAGE
      return time === undefined || atEnd ? undefined : { time, earlier: false }
    },
    maxPages: HELD,
  })

interface Matches {
  matches: LogMatch[]
  total: number
  lines: number
  next?: number
}

export const logSearch = (task: string, q: string, re: boolean) =>
  infiniteQueryOptions({
    queryKey: ['log search', task, q, re],
    queryFn: ({ pageParam, signal }) => own<Matches>(`tasks/${task}/log/search`, { q, re: re ? 1 : undefined, after: pageParam }, { signal }),
    initialPageParam: undefined as number | undefined,
    getNextPageParam: (last) => last.next,
  })

/** Where the whole log is read as a file. */
export const logFile = (task: string) => `/api/events.download_task_log?${new URLSearchParams({ task, line_type: 'text', line_format: '{msg}' })}`
