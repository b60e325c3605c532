import { Button, TextInput } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { Artifact } from '../../api/types'
import { bytesAt } from '../../lib/bytes'
import { exactSize } from '../../lib/format'
import { Address, Linked } from '../../ui/Address'
import { Ask } from '../../ui/Dialog'
import { Hands } from '../../ui/Hands'
import { Heads } from '../../ui/Heads'
import { Icon } from '../../ui/Icon'
import { Facts, Time } from '../../ui/Parts'
import { changeArtifact } from './Change'

/** What people noted of an artifact, and what is on record of it. */
export function Annotations({ item, frozen }: { item: Artifact; frozen: boolean }) {
  const client = useQueryClient()
  const [editing, setEditing] = useState<{ key: string; value: string; old?: string }>()
  const [removing, setRemoving] = useState<string>()
  const rows = Object.entries(item.metadata)
  const changed = () => void client.invalidateQueries({ queryKey: ['artifacts', item.task] })
  return (
    <div className="pad">
      <div className="row">
        <h3 className="strong">Metadata</h3>
        <span className="grow" />
        {!frozen && (
          <Button leftSection={<Icon name="plus" size={13} />} onClick={() => setEditing({ key: '', value: '' })}>
            Annotate
          </Button>
        )}
      </div>
      {rows.length > 0 ? (
        <table className="plain">
          <Heads of={['Key', 'Value']} unseen={!frozen && 'Actions'} />
          <tbody>
            {rows.map(([key, value]) => (
              <tr key={key}>
                <td>{key}</td>
                <td>
                  <Linked text={value} />
                </td>
                {!frozen && (
                  <td>
                    <Hands name={key} edit={() => setEditing({ key, value, old: key })} remove={() => setRemoving(key)} />
                  </td>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <p className="third">None.</p>
      )}
      <h3 className="strong onrecord">On record</h3>
      <Facts
        rows={[
          ['Key', item.key],
          ['Mode', item.mode],
          ['Type', item.type],
          ['Content type', item.content_type],
          ['SHA-256', item.sha256 && <span className="mono">{item.sha256}</span>],
          ['Hash of the data', item.data_hash && <span className="mono">{item.data_hash}</span>],
          ['Size', exactSize(item.size)],
          ['Logged', item.timestamp ? <Time at={item.timestamp} /> : ''],
          ['Registered', <Time at={item.registered} />],
          ['Address', <Address uri={item.uri} at={bytesAt(item)} />],
        ]}
      />
      {editing && (
        <Ask
          title={editing.old === undefined ? `Annotate “${item.key}”` : `Edit ${editing.old}`}
          action="Save"
          disabled={!editing.key.trim()}
          close={() => setEditing(undefined)}
          done={changed}
          run={() => {
            const key = editing.key.trim()
            return changeArtifact(item, { set: { [key]: editing.value }, unset: editing.old !== undefined && editing.old !== key ? [editing.old] : [] })
          }}
        >
          <TextInput data-autofocus label="Key" value={editing.key} onChange={(e) => setEditing({ ...editing, key: e.currentTarget.value })} />
          <TextInput mt={8} label="Value" value={editing.value} onChange={(e) => setEditing({ ...editing, value: e.currentTarget.value })} />
        </Ask>
      )}
      {removing !== undefined && (
        <Ask title={`Remove ${removing}`} action="Remove" danger close={() => setRemoving(undefined)} done={changed} run={() => changeArtifact(item, { unset: [removing] })}>
          <p>
            “{item.metadata[removing]}” is taken off “{item.key}”.
          </p>
        </Ask>
      )}
    </div>
  )
}
