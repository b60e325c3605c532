/** Models side by side: each a column, and what differs stands out. */

import { Checkbox } from '@mantine/core'
import { useQueries } from '@tanstack/react-query'
import { Link, useNavigate, useSearch } from '@tanstack/react-router'
import { model as modelQuery } from '../api/query'
import type { Model } from '../api/types'
import { value } from '../lib/format'
import { Page } from '../shell/Shell'
import { Empty, Failed, Waiting } from '../ui/Parts'
import { Tags } from '../ui/Tag'
import { BESIDE } from './BulkModels'
import './task/artifacts.css'
import './compare.css'

/** A text, or tags. */
type Fact = string | string[]
type Facts = Record<string, Fact>

/** The values of an object by their paths. */
const leaves = (v: unknown, path = ''): [string, string][] =>
  v !== null && typeof v === 'object'
    ? Object.entries(v).flatMap(([k, x]) => leaves(x, path ? `${path}.${k}` : k))
    : [[path, typeof v === 'string' ? v : JSON.stringify(v)]]

/** A design that is a text of lines NAME = VALUE is compared line by line. */
const designFacts = (m: Model): [string, string][] =>
  leaves(m.design ?? {}).flatMap(([path, text]) => {
    const lines = text.split('\n').filter((l) => l.trim())
    return lines.every((l) => /^\s*[^=\s][^=]*=/.test(l)) ? lines.map((l): [string, string] => [l.slice(0, l.indexOf('=')).trim(), l.slice(l.indexOf('=') + 1).trim()]) : [[path, text]]
  })

const sections: [string, (m: Model) => Facts][] = [
  [
    'General',
    (m) => ({
      Status: m.ready ? 'Published' : 'Draft',
      Framework: m.framework ?? '',
      Tags: [...(m.tags ?? [])].sort(),
      Project: m.project?.name ?? '',
      'Made by': m.task ? (m.task.name ?? 'task deleted') : '',
      User: m.user?.name ?? '',
      Address: m.uri ?? '',
      Description: m.comment ?? '',
    }),
  ],
  ['Design', (m) => Object.fromEntries(designFacts(m))],
  ['Labels', (m) => Object.fromEntries(Object.entries(m.labels ?? {}).map(([k, v]) => [k, String(v)]))],
  ['Metadata', (m) => Object.fromEntries(Object.values(m.metadata ?? {}).map((d) => [d.key, d.value ?? '']))],
  [
    'Metrics, last value',
    (m) => Object.fromEntries(Object.values(m.last_metrics ?? {}).flatMap((variants) => Object.values(variants).map((x) => [`${x.metric} / ${x.variant}`, value(x.value)]))),
  ],
]

export function CompareModels() {
  const navigate = useNavigate()
  const search = useSearch({ from: '/inside/models/compare' })
  const ids = [...new Set(search.ids?.split(',').filter(Boolean) ?? [])].slice(0, BESIDE)
  const found = useQueries({ queries: ids.map((id) => modelQuery(id)) })
  const failed = found.find((f) => f.error)
  const models = found.flatMap((f) => f.data ?? [])
  return (
    <Page title="Models compared" crumbs={[{ name: 'Models', to: '/models' }, { name: 'Compared' }]}>
      <div className="head">
        <h1>Models compared</h1>
      </div>
      <div className="tools">
        <Checkbox
          size="xs"
          label="Only what differs"
          checked={!!search.differ}
          onChange={(e) => navigate({ to: '.', search: { ...search, differ: e.currentTarget.checked ? '1' : undefined } as never, replace: true })}
        />
      </div>
      {failed && <Failed error={failed.error} retry={() => failed.refetch()} what="A model" />}
      {!failed && models.length < found.length && <Waiting />}
      {ids.length < 2 && <Empty title="Choose two models or more in their table." />}
      {ids.length > 1 && models.length === ids.length && <Beside models={models} differ={!!search.differ} />}
    </Page>
  )
}

function Beside({ models, differ }: { models: Model[]; differ: boolean }) {
  return (
    <div className="compared" tabIndex={0} role="group" aria-label="Models side by side">
      <table className="plain">
        <thead>
          <tr>
            <th scope="col">
              <span className="hidden">What</span>
            </th>
            {models.map((m) => (
              <th key={m.id} scope="col">
                <Link to="/models/$mid/$tab" params={{ mid: m.id, tab: 'general' }}>
                  {m.name}
                </Link>
              </th>
            ))}
          </tr>
        </thead>
        {sections.map(([title, facts]) => (
          <Section key={title} title={title} all={models.map(facts)} differ={differ} />
        ))}
      </table>
    </div>
  )
}

const shown = (fact: Fact) => (typeof fact === 'string' ? fact : <Tags names={fact} />)

function Section({ title, all, differ }: { title: string; all: Facts[]; differ: boolean }) {
  const unlike = (name: string) => new Set(all.map((f) => String(f[name] ?? ''))).size > 1
  const names = [...new Set(all.flatMap((f) => Object.keys(f)))].filter((n) => !differ || unlike(n))
  if (!names.length) return null
  return (
    <tbody>
      <tr>
        <th scope="colgroup" colSpan={all.length + 1}>
          {title}
        </th>
      </tr>
      {names.map((name) => (
        <tr key={name} className={unlike(name) ? 'unlike' : ''}>
          <th scope="row">
            {name}
            {unlike(name) && <span className="hidden">, differs</span>}
          </th>
          {all.map((f, i) => (
            <td key={i}>{f[name]?.length ? shown(f[name]) : <span className="third">–</span>}</td>
          ))}
        </tr>
      ))}
    </tbody>
  )
}
