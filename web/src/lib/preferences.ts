/** What an account prefers, and what administrators decided for all. */

import { type QueryClient, queryOptions, useQuery, useQueryClient } from '@tanstack/react-query'
import { call, own } from '../api/client'

export interface Preferences {
  show_hidden?: boolean
  block_scripts?: boolean
  hide_container?: boolean
  no_tips?: boolean
  colours?: Record<string, string> // of tags
}

export const preferences = queryOptions({
  queryKey: ['preferences'],
  queryFn: async ({ signal }) => (await call<{ preferences: { coffer?: Preferences } }>('users.get_preferences', {}, signal)).preferences.coffer ?? {},
  staleTime: 300_000,
})

export const rules = queryOptions({
  queryKey: ['rules'],
  queryFn: ({ signal }) => own<{ block_scripts: boolean }>('rules', {}, { signal }),
  staleTime: 60_000,
})

/** Changes that have not come to the server yet: what it tells meanwhile does not know of them. */
let underway = 0

/** Sets one preference by its path in what is kept; it shows here at once, as the change says. */
export function useSetPreference() {
  const client = useQueryClient()
  return async (path: string, value: unknown, change: (kept: Preferences) => Preferences) => {
    void client.cancelQueries({ queryKey: preferences.queryKey })
    client.setQueryData(preferences.queryKey, (kept) => change(kept ?? {}))
    underway++
    await call('users.set_preferences', { preferences: { [`coffer.${path}`]: value } }).finally(() => {
      if (--underway === 0) void client.invalidateQueries({ queryKey: preferences.queryKey })
    })
  }
}

/** The preferences of who is signed in, and how one is changed. */
export function usePreferences(): [Preferences, (name: keyof Preferences, value: boolean) => Promise<void>] {
  const set = useSetPreference()
  return [useQuery(preferences).data ?? {}, (name, value) => set(name, value, (kept) => ({ ...kept, [name]: value }))]
}

/** Decides for everybody. */
export async function decide(client: QueryClient, block_scripts: boolean): Promise<void> {
  client.setQueryData(rules.queryKey, { block_scripts })
  await own('rules', {}, { method: 'PATCH', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ block_scripts }) }).finally(() =>
    client.invalidateQueries({ queryKey: rules.queryKey }),
  )
}

/** Why scripts of pages are not run; undefined if they may be. */
export function useScriptsBlocked(): string | undefined {
  const [{ block_scripts }] = usePreferences()
  const rule = useQuery(rules)
  if (rule.data?.block_scripts) return 'An administrator blocks their scripts.'
  return block_scripts ? 'Your preferences block their scripts.' : undefined
}
