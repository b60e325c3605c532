/** What is done to an artifact as a whole: it is renamed or deleted. */

import { ActionIcon, Checkbox, Menu, TextInput } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { Failure, own } from '../../api/client'
import { queryClient, versions } from '../../api/query'
import type { Artifact } from '../../api/types'
import { pathOf } from '../../lib/bytes'
import { count, size } from '../../lib/format'
import { Ask } from '../../ui/Dialog'
import { Icon } from '../../ui/Icon'
import { Failed, Waiting } from '../../ui/Parts'

const named = (item: Artifact) => ({ key: item.key, mode: item.mode })

const json = { 'Content-Type': 'application/json' }

/** Renames it, or changes what is noted of its newest version. */
export async function changeArtifact(item: Artifact, change: { key?: string; set?: Record<string, string>; unset?: string[] }): Promise<void> {
  await own(`tasks/${item.task}/artifact`, named(item), { method: 'PATCH', headers: json, body: JSON.stringify(change) })
}

export function ArtifactMenu({ item, frozen }: { item: Artifact; frozen: boolean }) {
  const [asking, setAsking] = useState<'rename' | 'delete'>()
  const close = () => setAsking(undefined)
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={28} aria-label={`Actions on ${item.key}`}>
            <Icon name="more" />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item disabled={frozen} onClick={() => setAsking('rename')}>
            Rename…
          </Menu.Item>
          <Menu.Item disabled={frozen} onClick={() => setAsking('delete')}>
            Delete…
          </Menu.Item>
          {frozen && <Menu.Label>Artifacts of published tasks stay as they are.</Menu.Label>}
        </Menu.Dropdown>
      </Menu>
      {asking === 'rename' && <RenameArtifact item={item} close={close} />}
      {asking === 'delete' && <DeleteArtifact item={item} close={close} />}
    </>
  )
}

function RenameArtifact({ item, close }: { item: Artifact; close: () => void }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const [name, setName] = useState(item.key)
  const to = name.trim()
  return (
    <Ask
      title={`Rename “${item.key}”`}
      action="Rename"
      disabled={!to || to === item.key}
      close={close}
      run={async () => {
        await changeArtifact(item, { key: to })
        await navigate({ to: '/tasks/$tid/$tab', params: { tid: item.task, tab: 'artifacts' }, search: (before) => ({ ...before, key: to, mode: item.mode }) as never, replace: true })
        await client.invalidateQueries({ queryKey: ['artifacts', item.task] })
      }}
    >
      <TextInput data-autofocus label="Name" description="Scripts that ask for the old name no longer find it. All versions keep their files." value={name} onChange={(e) => setName(e.currentTarget.value)} />
    </Ask>
  )
}

interface Plan {
  named: { bytes: number }
  freed: { bytes: number }
}

function DeleteArtifact({ item, close }: { item: Artifact; close: () => void }) {
  const client = useQueryClient()
  const [bytes, setBytes] = useState(true)
  const plan = useQuery({
    queryKey: ['delete plan', item.task, item.key, item.mode],
    queryFn: ({ signal }) =>
      own<Plan>('delete-plan', {}, { method: 'POST', headers: json, body: JSON.stringify({ artifacts: [{ task: item.task, ...named(item) }], files: true }), signal }),
    retry: false,
    staleTime: 0,
  })
  const stays = plan.data ? plan.data.named.bytes - plan.data.freed.bytes : 0
  return (
    <Ask
      title={`Delete the artifact “${item.key}”`}
      action="Delete 1 artifact"
      danger
      disabled={plan.isPending}
      close={close}
      run={() => remove(item, bytes)}
      done={() => void client.invalidateQueries({ queryKey: ['artifacts', item.task] })}
    >
      <p>{item.versions && item.versions > 1 ? `All ${count(item.versions)} versions of it go` : 'It goes'} from this task. This cannot be undone.</p>
      {plan.isPending && <Waiting rows={1} />}
      {plan.error && <Failed error={plan.error} retry={() => plan.refetch()} what="What would go" />}
      {plan.data && bytes && (
        <p>
          <b>{size(plan.data.freed.bytes)}</b> are freed
          {stays > 0 && (
            <>
              ; <b>{size(stays)}</b> stay, since others refer to them
            </>
          )}
          .
        </p>
      )}
      <Checkbox
        mt={12}
        label="Also remove the stored bytes"
        description="They are freed after the grace period of a day, as far as nothing else refers to them."
        checked={bytes}
        onChange={(e) => setBytes(e.currentTarget.checked)}
      />
    </Ask>
  )
}

/** The record goes first: bytes that a record names would stay. */
async function remove(item: Artifact, bytes: boolean) {
  const all = bytes ? await queryClient.fetchQuery({ ...versions(item.task, item.key, item.mode), staleTime: 0 }) : []
  await own(`tasks/${item.task}/artifact`, named(item), { method: 'DELETE' })
  for (const path of new Set(all.flatMap((v) => pathOf(v) ?? []))) {
    const got = await fetch(path, { method: 'DELETE', headers: { 'X-Coffer': '1' } })
    if (!got.ok && got.status !== 404) throw new Failure(`The artifact is deleted, its file ${path} is not: ${await got.text()}`, got.status)
  }
}
