import { useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'

/** A busy task reports many times a second; what is shown is asked anew at most this often, in milliseconds. */
const CALM = 500

/**
 * Follows a task by the stream of its events. The stream says that something changed; what is shown is asked anew, so
 * that a page never holds more than one truth. Without a stream the page asks every ten seconds while it is visible.
 */
export function useLive(task: string, enabled: boolean) {
  const client = useQueryClient()
  useEffect(() => {
    if (!enabled) return
    const stale = new Set<string>()
    let soon: ReturnType<typeof setTimeout> | undefined
    const refresh = (...keys: string[]) => {
      for (const key of keys) stale.add(key)
      soon ??= setTimeout(() => {
        soon = undefined
        for (const key of stale) void client.invalidateQueries({ queryKey: [key, task] })
        stale.clear()
      }, CALM)
    }
    const stream = new EventSource(`/api/events/stream?${new URLSearchParams({ task, from: 'now' })}`)
    for (const name of ['artifact', 'artifact_removed']) stream.addEventListener(name, () => refresh('artifacts', 'artifact', 'versions'))
    stream.addEventListener('state', () => refresh('task'))
    stream.addEventListener('log', () => refresh('console'))
    stream.addEventListener('scalars', () => refresh('task', 'curves', 'singles', 'plots', 'samples'))
    const timer = setInterval(() => {
      if (stream.readyState !== EventSource.OPEN && document.visibilityState === 'visible') {
        refresh('task', 'artifacts', 'console')
      }
    }, 10_000)
    return () => {
      stream.close()
      clearInterval(timer)
      clearTimeout(soon)
    }
  }, [client, task, enabled])
}
