/** What goes, how many bytes are freed, and then item by item. */

import { Checkbox, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { own } from '../api/client'
import { changeMany } from '../api/lists'
import type { Kind } from '../api/types'
import { count, exactSize, size } from '../lib/format'
import { Ask } from '../ui/Dialog'
import { Failed, Waiting } from '../ui/Parts'
import './deletion.css'

export interface Doomed {
  id: string
  name: string
  system_tags?: string[]
}

/** Items of one plan: as many as the server takes together. */
const PLANNED = 200

/** From how many items or bytes on the number is to be typed. */
const MANY = 20
const MUCH = 1e9

interface Sum {
  count: number
  bytes: number
}

interface Blocked {
  kind: string
  id: string
  reason: string
  message: string
}

interface Plan {
  removed: number
  models: number
  named: Sum
  freed: Sum
  blocked: Blocked[]
}

/** What a deletion would do, as the server does it and takes it back; of more than it takes at once the parts are added up. */
async function planned(kind: Kind, items: Doomed[], files: boolean, force: boolean, signal: AbortSignal): Promise<Plan> {
  const out: Plan = { removed: 0, models: 0, named: { count: 0, bytes: 0 }, freed: { count: 0, bytes: 0 }, blocked: [] }
  for (let i = 0; i < items.length; i += PLANNED) {
    const ids = items.slice(i, i + PLANNED).map((x) => x.id)
    const part = await own<Plan>('delete-plan', {}, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ [`${kind}s`]: ids, files, force }),
      signal,
    })
    out.removed += part.removed
    out.models += part.models
    for (const sum of ['named', 'freed'] as const) {
      out[sum].count += part[sum].count
      out[sum].bytes += part[sum].bytes
    }
    out.blocked.push(...(part.blocked ?? []))
  }
  return out
}

const some = (n: number, what: string) => `${count(n)} ${what}${n === 1 ? '' : 's'}`

export function DeleteDialog({ kind, items, close }: { kind: Kind; items: Doomed[]; close: () => void }) {
  const client = useQueryClient()
  const [bytes, setBytes] = useState(true)
  const [force, setForce] = useState(false)
  const [typed, setTyped] = useState('')
  const plan = useQuery({
    queryKey: ['delete plan', kind, items.map((i) => i.id), bytes, force],
    queryFn: ({ signal }) => planned(kind, items, bytes, force, signal),
    retry: false,
    staleTime: 0,
    placeholderData: (before) => before,
  })
  const what = some(items.length, kind)
  const unsure = items.length > MANY || (plan.data?.freed.bytes ?? 0) > MUCH
  const name = (id: string) => items.find((i) => i.id === id)?.name ?? id
  return (
    <Ask
      title={items.length === 1 ? `Delete the ${kind} “${items[0]?.name}”` : `Delete ${what}`}
      close={close}
      action={`Delete ${what}`}
      danger
      disabled={plan.isPending || (unsure && typed !== String(items.length))}
      name={name}
      of={items.length}
      run={(progress) =>
        changeMany(
          kind === 'task' ? 'tasks.delete_many' : 'models.delete_many',
          items.map((i) => i.id),
          { force, delete_external_artifacts: bytes, delete_output_models: kind === 'task' ? true : undefined },
          progress,
        )
      }
      done={() => {
        for (const key of [`${kind}s`, 'projects', 'search', kind]) void client.invalidateQueries({ queryKey: [key] })
      }}
    >
      <ul className="doomed">
        {items.slice(0, 8).map((i) => (
          <li key={i.id}>{i.name}</li>
        ))}
        {items.length > 8 && <li className="second">and {count(items.length - 8)} more</li>}
      </ul>
      {plan.isPending && <Waiting rows={2} />}
      {plan.error && <Failed error={plan.error} retry={() => plan.refetch()} what="What would go" />}
      {plan.data && <Going kind={kind} plan={plan.data} bytes={bytes} name={name} />}
      {kind === 'model' && <p className="second">Tasks that use a deleted model no longer run.</p>}
      <Checkbox
        mt={12}
        label="Also remove the stored bytes"
        description="They are freed after the grace period of a day, as far as nothing else refers to them."
        checked={bytes}
        onChange={(e) => setBytes(e.currentTarget.checked)}
      />
      {(force || !!plan.data?.blocked.length) && (
        <Checkbox
          mt={12}
          label={kind === 'task' ? 'Also those that published tasks or models stand on' : 'Also those that are published or in use'}
          checked={force}
          onChange={(e) => setForce(e.currentTarget.checked)}
        />
      )}
      {unsure && (
        <TextInput mt={12} data-autofocus label={`Type ${items.length} to go on`} value={typed} onChange={(e) => setTyped(e.currentTarget.value)} />
      )}
    </Ask>
  )
}

/** The sums of a plan, and what it cannot delete. */
function Going({ kind, plan, bytes, name }: { kind: Kind; plan: Plan; bytes: boolean; name: (id: string) => string }) {
  const { named, freed, blocked, models } = plan
  const stays = Math.max(0, named.bytes - freed.bytes)
  const part = named.bytes > 0 ? Math.min(100, (freed.bytes / named.bytes) * 100) : 0
  return (
    <>
      <p>
        {kind === 'task' ? 'Gone with them: artifacts, console, scalars, plots and debug samples' : 'Gone with them: snapshots, metadata and events'}
        {models > 0 && `, and ${some(models, 'model')} that they made`}.
      </p>
      {bytes && (
        <>
          <div className="freed" aria-hidden="true">
            <i style={{ width: `${part}%` }} />
          </div>
          <p>
            <b title={`${exactSize(freed.bytes)} in ${some(freed.count, 'content')}`}>{size(freed.bytes)}</b> are freed
            {stays > 0 && (
              <>
                ; <b title={exactSize(stays)}>{size(stays)}</b> stay, since others refer to them
              </>
            )}
            .
          </p>
        </>
      )}
      {blocked.length > 0 && (
        <>
          <p className="strong">{some(blocked.length, 'item')} cannot be deleted:</p>
          <ul className="doomed">
            {blocked.map((b) => (
              <li key={b.id}>
                <b>{name(b.id)}</b>: {b.message}
              </li>
            ))}
          </ul>
        </>
      )}
    </>
  )
}

/** Puts tasks back to drafts. */
export function ResetDialog({ items, close, done }: { items: Doomed[]; close: () => void; done: () => void }) {
  const [bytes, setBytes] = useState(true)
  const developed = items.filter((i) => i.system_tags?.includes('development'))
  return (
    <Ask
      title={`Reset ${some(items.length, 'task')}`}
      close={close}
      done={done}
      action={`Reset ${some(items.length, 'task')}`}
      danger
      name={(id) => items.find((i) => i.id === id)?.name ?? id}
      of={items.length}
      run={(progress) => changeMany('tasks.reset_many', items.map((i) => i.id), { force: true, delete_external_artifacts: bytes }, progress)}
    >
      <p>Back to drafts: console, scalars, plots, debug samples and output artifacts go; name, parameters and code stay.</p>
      {developed.length > 0 && (
        <p className="badge warn caution">
          {developed.length === 1 ? `“${developed[0]?.name}” was` : `${count(developed.length)} of them were`} made by a run during development: the next run of
          the script may overwrite {developed.length === 1 ? 'it' : 'them'}.
        </p>
      )}
      <Checkbox mt={12} label="Also remove stored artifacts and debug samples" checked={bytes} onChange={(e) => setBytes(e.currentTarget.checked)} />
    </Ask>
  )
}
