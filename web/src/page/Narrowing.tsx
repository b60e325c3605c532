/** The row of tools over a list of tasks or models: search, filters as chips, columns, download. */

import { ActionIcon, Button, Checkbox, Popover, SegmentedControl, Select, TextInput, Tooltip } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { me } from '../api/query'
import { metadataInUse, metadataOf, metadataValues, metricsInUse, tagsInUse, usersInUse, type Narrow } from '../api/lists'
import type { Kind } from '../api/types'
import { FilterChip, Pick, Typed } from '../ui/Filters'
import { Icon } from '../ui/Icon'
import { Tag, WantedTags, tagOptions } from '../ui/Tag'

export interface Facet {
  key: 'status' | 'type' | 'framework' | 'ready'
  name: string
  options: { value: string; label: string }[]
}

interface Props {
  kind: Kind
  narrow: Narrow
  set: (change: Narrow) => void
  facets: Facet[]
  project?: string
  shown: ReactNode // how many
  tools?: ReactNode
}

const split = (text?: string) => text?.split(',').filter(Boolean) ?? []

export const isNarrowed = (n: Narrow) => !!(n.q || n.status || n.type || n.framework || n.ready || n.tags || n.user || n.since || n.it || n.f || n.meta)
export const nothing: Narrow = { q: '', re: '', by: '', status: '', type: '', framework: '', ready: '', tags: '', all: '', user: '', since: '', it: '', f: '', meta: '' }

export function Narrowing({ kind, narrow, set, facets, project, shown, tools }: Props) {
  const account = useQuery(me)
  const tags = useQuery(tagsInUse(kind))
  const users = useQuery(usersInUse)
  const metrics = useQuery(metricsInUse(project, kind === 'model'))
  const chosenTags = split(narrow.tags)
  const metadata = metadataOf(narrow)
  const byModel = kind === 'task' && narrow.by === 'model'
  const mine = !!account.data && narrow.user === account.data.id
  const least = split(narrow.f?.replaceAll(';', ','))
  const nameOf = (field: string) => {
    const found = metrics.data?.find((m) => field === `last_metrics.${m.metric_hash}.${m.variant_hash}.value`)
    return found ? `${found.metric} / ${found.variant}` : 'Metric'
  }
  return (
    <div className="tools">
      <TextInput
        data-filter
        w={260}
        key={project ?? ''}
        defaultValue={narrow.q}
        placeholder={byModel ? 'Name of a model they use or made' : 'Name, id or comment'}
        aria-label={byModel ? 'Filter by the name of a model' : 'Filter by name, id or comment'}
        leftSection={<Icon name="search" size={14} />}
        rightSectionWidth={kind === 'task' ? 52 : undefined}
        rightSection={
          <>
            {kind === 'task' && (
              <Switch label="Search by models" on={byModel} change={(on) => set({ by: on ? 'model' : '' })}>
                <Icon name="layers" size={13} />
              </Switch>
            )}
            <Switch label="Regular expression" on={!!narrow.re} change={(on) => set({ re: on ? '1' : '' })}>
              <span className="mono">.*</span>
            </Switch>
          </>
        }
        onChange={(e) => set({ q: e.currentTarget.value })}
      />
      {facets.map((f) => {
        const chosen = split(narrow[f.key])
        return (
          <span key={f.key} className="row">
            {chosen.length > 0 && (
              <FilterChip name={`${f.name} is`} clear={() => set({ [f.key]: '' })}>
                {chosen.map((c) => f.options.find((o) => o.value === c)?.label ?? c).join(', ')}
              </FilterChip>
            )}
            <Pick
              name={f.name}
              options={f.options}
              chosen={chosen}
              change={(next) => set({ [f.key]: (f.key === 'ready' ? next.slice(-1) : next).join(',') })}
            />
          </span>
        )
      })}
      {chosenTags.length > 0 && (
        <FilterChip name={narrow.all ? 'All tags' : 'Tags'} clear={() => set({ tags: '', all: '' })}>
          <WantedTags tags={chosenTags} all={!!narrow.all} />
        </FilterChip>
      )}
      <Pick
        name="Tags"
        {...tagOptions(tags.data)}
        chosen={chosenTags}
        change={(next) => set({ tags: next.join(',') })}
        extra={
          <SegmentedControl
            size="xs"
            mt={8}
            aria-label="How tags are joined"
            value={narrow.all ? 'all' : 'any'}
            onChange={(v) => set({ all: v === 'all' ? '1' : '' })}
            data={[
              { value: 'any', label: 'Any' },
              { value: 'all', label: 'All' },
            ]}
          />
        }
      />
      {narrow.user && !mine && (
        <FilterChip name="User is" clear={() => set({ user: '' })}>
          {split(narrow.user).map((u) => users.data?.find((x) => x.id === u)?.name ?? u).join(', ')}
        </FilterChip>
      )}
      {narrow.since && (
        <FilterChip name="Updated since" clear={() => set({ since: '' })}>
          {narrow.since}
        </FilterChip>
      )}
      {narrow.it && (
        <FilterChip name="Iteration at least" clear={() => set({ it: '' })}>
          {narrow.it}
        </FilterChip>
      )}
      {least.map((one) => (
        <FilterChip
          key={one}
          name={`${nameOf(one.slice(0, one.lastIndexOf(':')))} at least`}
          clear={() => set({ f: least.filter((x) => x !== one).join(';') })}
        >
          {one.slice(one.lastIndexOf(':') + 1)}
        </FilterChip>
      ))}
      {metadata.map(([key, some]) => (
        <FilterChip key={key} name={`${key} is`} clear={() => set({ meta: metadataText(metadata, key, []) })}>
          {some.join(', ')}
        </FilterChip>
      ))}
      <Popover position="bottom-start" shadow="md" width={300} trapFocus returnFocus>
        <Popover.Target>
          <Button leftSection={<Icon name="plus" size={14} />}>Filter</Button>
        </Popover.Target>
        <Popover.Dropdown aria-label="More filters">
          <div style={{ display: 'grid', gap: 10 }}>
            <Typed label="Updated since" type="date" value={narrow.since} set={(since) => set({ since })} />
            <Typed label="Iteration at least" type="number" value={narrow.it} set={(it) => set({ it })} />
            {metrics.data?.slice(0, 12).map((m) => {
              const field = `last_metrics.${m.metric_hash}.${m.variant_hash}.value`
              return (
                <Typed
                  key={field}
                  label={`${m.metric} / ${m.variant} at least`}
                  set={(v) => set({ f: [...least.filter((x) => !x.startsWith(field)), ...(v ? [`${field}:${v}`] : [])].join(';') })}
                />
              )
            })}
            {kind === 'model' && <MetadataChoice chosen={metadata} project={project} change={(key, some) => set({ meta: metadataText(metadata, key, some) })} />}
            <div className="choices" role="group" aria-label="User">
              {users.data?.map((u) => (
                <Checkbox
                  key={u.id}
                  size="xs"
                  label={u.name}
                  checked={split(narrow.user).includes(u.id)}
                  onChange={() =>
                    set({ user: (split(narrow.user).includes(u.id) ? split(narrow.user).filter((x) => x !== u.id) : [...split(narrow.user), u.id]).join(',') })
                  }
                />
              ))}
            </div>
          </div>
        </Popover.Dropdown>
      </Popover>
      {project && <Checkbox size="xs" label="Subprojects" checked={!narrow.own} onChange={(e) => set({ own: e.currentTarget.checked ? '' : '1' })} />}
      <Checkbox size="xs" label="Mine" checked={mine} onChange={(e) => set({ user: e.currentTarget.checked ? account.data?.id : '' })} />
      <Checkbox size="xs" label="Archive" checked={!!narrow.archived} onChange={(e) => set({ archived: e.currentTarget.checked ? '1' : '' })} />
      {isNarrowed(narrow) && <Button onClick={() => set(nothing)}>Clear all</Button>}
      <span className="grow" />
      <span className="third" aria-live="polite">
        {shown}
      </span>
      {tools}
    </div>
  )
}

/** How the text of a search is read. */
const Switch = ({ label, on, change, children }: { label: string; on: boolean; change: (on: boolean) => void; children: ReactNode }) => (
  <Tooltip label={label}>
    <ActionIcon variant={on ? 'light' : 'subtle'} color={on ? undefined : 'gray'} size={22} aria-label={label} aria-pressed={on} onClick={() => change(!on)}>
      {children}
    </ActionIcon>
  </Tooltip>
)

/** The metadata that is wanted, with other values of one key. */
const metadataText = (wanted: [string, string[]][], key: string, some: string[]) =>
  new URLSearchParams([...wanted.filter(([k]) => k !== key), [key, some] as const].flatMap(([k, values]) => values.map((v) => [k, v]))).toString()

interface MetadataProps {
  chosen: [string, string[]][]
  project?: string
  change: (key: string, values: string[]) => void
}

/** A key of metadata, and then some of the values it has. */
function MetadataChoice({ chosen, project, change }: MetadataProps) {
  const [key, setKey] = useState<string | null>(null)
  const keys = useQuery(metadataInUse(project))
  const values = useQuery({ ...metadataValues(key ?? '', project), enabled: key !== null })
  const some = chosen.find(([k]) => k === key)?.[1] ?? []
  if (!keys.data?.length) return null
  return (
    <>
      <Select size="xs" label="Metadata" placeholder="Key" searchable value={key} onChange={setKey} data={keys.data} comboboxProps={{ withinPortal: false }} />
      {key !== null && (
        <div className="choices" role="group" aria-label={`Values of ${key}`}>
          {values.data?.map((v) => (
            <Checkbox
              key={v}
              size="xs"
              label={v}
              checked={some.includes(v)}
              onChange={() => change(key, some.includes(v) ? some.filter((x) => x !== v) : [...some, v])}
            />
          ))}
        </div>
      )}
    </>
  )
}

/** Tags of a row; a click narrows the list to one. */
export const RowTags = ({ tags, add }: { tags?: string[]; add: (tag: string) => void }) => (
  <span className="row">
    {tags?.map((tag) => (
      <button key={tag} type="button" className="plainbutton" onClick={() => add(tag)} aria-label={`Filter by the tag ${tag}`}>
        <Tag name={tag} />
      </button>
    ))}
  </span>
)
