/** What a task made and used, artifacts and models alike, as one list. */

import type { Artifact, Model, ModelLink, Task } from '../../api/types'

export type Mode = 'input' | 'output' | 'input-model' | 'output-model'

export const modeNames: Record<string, string> = {
  input: 'input artifact', output: 'artifact', 'input-model': 'input model', 'output-model': 'output model',
}

export interface Item {
  key: string
  mode: Mode
  type: string
  size: number | null
  time: number // seconds since 1970; 0 if unknown
  text: string // what the filter looks through, in lower case
  artifact?: Artifact
  link?: { name: string; model: string; found?: Model }
}

export type Row = Item | { section: string; count: number }

export const id = (i: Pick<Item, 'key' | 'mode'>) => `${i.mode} ${i.key}`

/** The sections in their order; an item stands in the first that takes it. */
const sections: [string, (i: Item) => boolean][] = [
  ['Input models', (i) => i.mode === 'input-model'],
  ['Output models', (i) => i.mode === 'output-model'],
  ['Data audit', (i) => i.type === 'data-audit-table'],
  ['Input artifacts', (i) => i.mode === 'input'],
  ['Artifacts', () => true],
]

const byName = (a: Item, b: Item) => a.key.localeCompare(b.key, undefined, { numeric: true })

const orders: Record<string, (a: Item, b: Item) => number> = {
  name: byName,
  newest: (a, b) => b.time - a.time || byName(a, b),
  size: (a, b) => (b.size ?? -1) - (a.size ?? -1) || byName(a, b),
  type: (a, b) => a.type.localeCompare(b.type) || byName(a, b),
}

const modelID = (l: ModelLink) => (typeof l.model === 'string' ? l.model : l.model.id)

export const modelsOf = (task: Task) => [...(task.models?.input ?? []), ...(task.models?.output ?? [])].map(modelID)

export function itemsOf(task: Task, artifacts: Artifact[], models: Model[]): Item[] {
  const linked = (mode: Mode, links: ModelLink[] = []) =>
    links.map((l): Item => {
      const found = models.find((m) => m.id === modelID(l))
      const at = found?.last_update ?? found?.created
      return {
        key: l.name,
        mode,
        type: 'model',
        size: null,
        time: at ? new Date(at).getTime() / 1000 : 0,
        text: [l.name, 'model', found?.name, found?.framework].join('\n').toLowerCase(),
        link: { name: l.name, model: modelID(l), found },
      }
    })
  return [
    ...linked('input-model', task.models?.input),
    ...linked('output-model', task.models?.output),
    ...artifacts.map((a): Item => ({
      key: a.key,
      mode: a.mode,
      type: a.type,
      size: a.size,
      time: a.timestamp,
      text: [a.key, a.type, a.uri.split('/').at(-1), a.content_type, ...Object.values(a.metadata)].join('\n').toLowerCase(),
      artifact: a,
    })),
  ]
}

/** Does a word of the filter hold: type:, state:, size:>10mb, else part of name, type, file or metadata. */
function holds(i: Item, word: string): boolean {
  const named = /^(type|state|size):(.+)$/.exec(word)
  if (named?.[1] === 'type') return i.type.toLowerCase().includes(named[2] ?? '')
  if (named?.[1] === 'state') return !!i.artifact?.state.startsWith(named[2] ?? '')
  if (named?.[1] === 'size') {
    const m = /^([<>]=?)?([\d.]+)(b|kb|mb|gb|tb)?$/.exec(named[2] ?? '')
    if (!m) return true // still being typed
    const want = Number(m[2]) * 1000 ** ['b', 'kb', 'mb', 'gb', 'tb'].indexOf(m[3] ?? 'b')
    if (i.size === null) return false
    return m[1] === '<' ? i.size < want : m[1] === '<=' ? i.size <= want : m[1] === '>' ? i.size > want : i.size >= want
  }
  return i.text.includes(word)
}

/** The items that meet the filter, each section's in order, under its heading. */
export function sectioned(all: Item[], q: string, sort: string): { section: string; items: Item[] }[] {
  const words = q.toLowerCase().split(/\s+/).filter(Boolean)
  const found = all.filter((i) => words.every((w) => holds(i, w))).sort(orders[sort] ?? byName)
  const groups = new Map(sections.map(([section]) => [section, [] as Item[]]))
  for (const i of found) groups.get(sections.find(([, takes]) => takes(i))?.[0] ?? '')?.push(i)
  return [...groups].filter(([, items]) => items.length).map(([section, items]) => ({ section, items }))
}
