/** The colours of tags: those that somebody chose are kept with the account, the others come from the names. */

import { useQuery } from '@tanstack/react-query'
import { hash } from './format'
import { preferences, useSetPreference, type Preferences } from './preferences'

/** What can be chosen: colours that are in both schemes what they are called, and stand out from each ground. */
export const tagColours: ReadonlyMap<string, string> = new Map([
  ['Green', 'var(--good)'],
  ['Blue', 'var(--busy)'],
  ['Violet', 'var(--sealed)'],
  ['Red', 'var(--bad)'],
  ['Amber', 'var(--warn)'],
  ['Grey', 'var(--idle)'],
])

/** The colour that a tag has by its name. */
export const automatic = (tag: string) => `var(--data-${hash(tag, 6) + 1})`

/** Keys of preferences hold no dots and begin with no dollar sign. */
const keyOf = (tag: string) => encodeURIComponent(tag).replaceAll('.', '%2E')

const chosen = (tag: string) => (kept: Preferences) => new Map(Object.entries(kept.colours ?? {})).get(keyOf(tag)) ?? ''

/** The name of the colour that was chosen for a tag; "" where none was. */
export const useTagColour = (tag: string) => useQuery({ ...preferences, select: chosen(tag) }).data ?? ''

/** Gives a tag a colour, or with "" that of its name again. */
export function useColouring() {
  const set = useSetPreference()
  return (tag: string, colour: string) => {
    const key = keyOf(tag)
    return set(`colours.${key}`, colour, (kept) => ({ ...kept, colours: { ...kept.colours, [key]: colour } }))
  }
}
