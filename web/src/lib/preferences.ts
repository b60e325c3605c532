/** What an account prefers. */

import { queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { call } from '../api/client'

export interface Preferences {
  show_hidden?: boolean
  block_scripts?: boolean
  hide_container?: boolean
  no_tips?: boolean
}

const preferences = queryOptions({
  queryKey: ['preferences'],
  queryFn: async ({ signal }) => (await call<{ preferences: { coffer?: Preferences } }>('users.get_preferences', {}, signal)).preferences.coffer ?? {},
  staleTime: 300_000,
})

/** The preferences of who is signed in, and how they are changed. */
export function usePreferences(): [Preferences, (change: Preferences) => Promise<void>] {
  const client = useQueryClient()
  const kept = useQuery(preferences).data ?? {}
  return [
    kept,
    async (change) => {
      client.setQueryData(preferences.queryKey, { ...kept, ...change }) // a box is ticked at once
      await call('users.set_preferences', { preferences: Object.fromEntries(Object.entries(change).map(([name, v]) => [`coffer.${name}`, v])) }).finally(() =>
        client.invalidateQueries({ queryKey: preferences.queryKey }),
      )
    },
  ]
}

/** Why scripts of pages are not run; undefined if they may be. */
export function useScriptsBlocked(): string | undefined {
  const [{ block_scripts }] = usePreferences()
  return block_scripts ? 'Your preferences block their scripts.' : undefined
}
