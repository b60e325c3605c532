/** What goes, how many bytes, and then item by item. */

import { Checkbox, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../api/client'
import { changeMany } from '../api/lists'
import type { Artifact, Snapshot } from '../api/types'
import { own } from '../api/client'
import { count, exactSize, size } from '../lib/format'
import { Ask } from '../ui/Dialog'
import { Failed, Waiting } from '../ui/Parts'

export interface Doomed {
  id: string
  name: string
}

/** Items of which the dialog adds up the bytes itself; of more it says so. */
const COUNTED = 200

/** From how many items on the number is to be typed. */
const MANY = 20

interface Going {
  artifacts: number
  bytes: number
}

/** What hangs on tasks or models: artifacts, snapshots, and the sum of what was registered. */
async function going(kind: 'task' | 'model', items: Doomed[], signal: AbortSignal): Promise<Going> {
  const out: Going = { artifacts: 0, bytes: 0 }
  for (const { id } of items.slice(0, COUNTED)) {
    const found: (Artifact | Snapshot)[] =
      kind === 'task'
        ? (await own<{ artifacts: Artifact[] }>(`tasks/${id}/artifacts`, {}, { signal })).artifacts
        : (await call<{ versions: Snapshot[] }>('models.get_versions', { model: id, page: 0, page_size: 500 }, signal)).versions
    for (const f of found) {
      if (f.state === 'external') continue
      out.artifacts++
      out.bytes += f.size ?? 0
    }
  }
  return out
}

export function DeleteDialog({ kind, items, close }: { kind: 'task' | 'model'; items: Doomed[]; close: () => void }) {
  const client = useQueryClient()
  const [bytes, setBytes] = useState(true)
  const [typed, setTyped] = useState('')
  const plan = useQuery({ queryKey: ['going', kind, items.map((i) => i.id)], queryFn: ({ signal }) => going(kind, items, signal), retry: false })
  const what = `${count(items.length)} ${kind}${items.length === 1 ? '' : 's'}`
  const unsure = items.length > MANY || (plan.data?.bytes ?? 0) > 1e9
  return (
    <Ask
      title={items.length === 1 ? `Delete the ${kind} “${items[0]?.name}”` : `Delete ${what}`}
      close={close}
      action={`Delete ${what}`}
      danger
      disabled={plan.isPending || (unsure && typed !== String(items.length))}
      name={(id) => items.find((i) => i.id === id)?.name ?? id}
      run={(progress) =>
        changeMany(
          kind === 'task' ? 'tasks.delete_many' : 'models.delete_many',
          items.map((i) => i.id),
          kind === 'task' ? { force: true, delete_external_artifacts: bytes, delete_output_models: true } : { force: true, delete_external_artifacts: bytes },
          progress,
        )
      }
      done={() => {
        for (const key of [`${kind}s`, 'projects', 'search', kind]) void client.invalidateQueries({ queryKey: [key] })
      }}
    >
      <ul style={{ margin: '0 0 12px', paddingLeft: 20 }}>
        {items.slice(0, 8).map((i) => (
          <li key={i.id}>{i.name}</li>
        ))}
        {items.length > 8 && <li className="second">and {count(items.length - 8)} more</li>}
      </ul>
      {plan.isPending && <Waiting rows={2} />}
      {plan.error && <Failed error={plan.error} retry={() => plan.refetch()} what="What would go" />}
      {plan.data && (
        <p>
          {kind === 'task' ? 'Gone with them: console, scalars, plots, debug samples, and ' : 'Gone with them: metadata, events, and '}
          <b>
            {count(plan.data.artifacts)} {kind === 'task' ? 'artifact' : 'snapshot'}
            {plan.data.artifacts === 1 ? '' : 's'}
          </b>{' '}
          of together <b title={exactSize(plan.data.bytes)}>{size(plan.data.bytes)}</b>
          {items.length > COUNTED && ` in the first ${count(COUNTED)}`}.
          {kind === 'task' && ' Models that they made go too unless they are published or in use.'}
        </p>
      )}
      {kind === 'model' && <p className="second">Tasks that use a deleted model no longer run.</p>}
      <Checkbox
        mt={12}
        label="Also remove the stored bytes"
        description="They are freed after the grace period of a day, as far as nothing else refers to them."
        checked={bytes}
        onChange={(e) => setBytes(e.currentTarget.checked)}
      />
      {unsure && (
        <TextInput mt={12} data-autofocus label={`Type ${items.length} to go on`} value={typed} onChange={(e) => setTyped(e.currentTarget.value)} />
      )}
    </Ask>
  )
}
