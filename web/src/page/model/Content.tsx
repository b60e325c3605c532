/** What describes a model beside its weights: design, labels, metadata. */

import { Button, NumberInput, TextInput, Textarea } from '@mantine/core'
import { useState } from 'react'
import { call } from '../../api/client'
import type { Metadata, Model } from '../../api/types'
import { count } from '../../lib/format'
import { Ask } from '../../ui/Dialog'
import { Hands } from '../../ui/Hands'
import { Heads } from '../../ui/Heads'
import { Icon } from '../../ui/Icon'
import { Marked, occurrences } from '../../ui/Marked'
import { CopyButton, Empty, Failed } from '../../ui/Parts'
import '../task/artifacts.css'

interface Props {
  model: Model
  changed: () => void
}

/** A design as people wrote it: text if it is that, else JSON. */
export const designText = (m: Model) => {
  const keys = Object.keys(m.design ?? {})
  const only = m.design?.design
  return keys.length === 1 && typeof only === 'string' ? only : keys.length ? JSON.stringify(m.design, null, 2) : ''
}

export function Design({ model: m, changed }: Props) {
  const [draft, setDraft] = useState<string>()
  const [clearing, setClearing] = useState(false)
  const [q, setQ] = useState('')
  const [error, setError] = useState<unknown>()
  const text = designText(m)
  const save = async (design: string) => {
    await call('models.edit', { model: m.id, design: design ? { design } : {} })
    changed()
    setDraft(undefined)
  }
  if (!text && draft === undefined) {
    return (
      <Empty title="No design yet." code={'model.update_design(config_dict={"layers": 3})'}>
        {!m.ready && <Button onClick={() => setDraft('')}>Write one</Button>}
      </Empty>
    )
  }
  return (
    <section className="frame" aria-label="Design">
      <div className="framehead">
        <h2 className="strong grow" style={{ fontSize: 'inherit' }}>
          Design
        </h2>
        {m.ready && <span className="third">Published: the design stays as it is</span>}
        {draft === undefined && (
          <>
            <span className="third" aria-live="polite">
              {q && count(occurrences(text, q)) + ' found'}
            </span>
            <TextInput
              data-filter
              w={200}
              value={q}
              placeholder="Find"
              aria-label="Find in the design"
              leftSection={<Icon name="search" size={14} />}
              onChange={(e) => setQ(e.currentTarget.value)}
            />
          </>
        )}
        <CopyButton text={text} label="Copy the design" />
        {!m.ready && draft === undefined && (
          <>
            <Button onClick={() => setDraft(text)}>Edit</Button>
            <Button onClick={() => setClearing(true)}>Clear</Button>
          </>
        )}
        {draft !== undefined && (
          <>
            <Button onClick={() => setDraft(undefined)}>Cancel</Button>
            <Button variant="filled" onClick={() => save(draft).catch(setError)}>
              Save
            </Button>
          </>
        )}
      </div>
      {error !== undefined && <Failed error={error} what="The design" />}
      {draft === undefined ? (
        <Marked text={text} q={q} />
      ) : (
        <Textarea aria-label="Design" autosize minRows={8} styles={{ input: { fontFamily: 'var(--mono)' } }} value={draft} onChange={(e) => setDraft(e.currentTarget.value)} />
      )}
      {clearing && (
        <Ask title="Clear the design" action="Clear" danger close={() => setClearing(false)} run={() => save('')}>
          <p>What is written here is gone; the weights stay.</p>
        </Ask>
      )}
    </section>
  )
}

interface Label {
  was?: string // the name before
  name: string
  number: number | string
}

export function Labels({ model: m, changed }: Props) {
  const [editing, setEditing] = useState<Label>()
  const [error, setError] = useState<unknown>()
  const rows = Object.entries(m.labels ?? {}).sort(([, a], [, b]) => a - b)
  const fresh: Label = { name: '', number: Math.max(-1, ...rows.map(([, n]) => n)) + 1 }
  const without = (label?: string) => Object.fromEntries(rows.filter(([l]) => l !== label))
  const save = async (labels: Record<string, number>) => {
    await call('models.edit', { model: m.id, labels })
    changed()
  }
  return (
    <>
      {rows.length === 0 && (
        <Empty title="No labels yet." code={'model.update_labels({"cat": 0, "dog": 1})'}>
          {!m.ready && <Button onClick={() => setEditing(fresh)}>Add a label</Button>}
        </Empty>
      )}
      {error !== undefined && <Failed error={error} what="The labels" />}
      {rows.length > 0 && (
        <section className="frame" aria-label="Labels">
          <div className="framehead">
            <h2 className="strong grow" style={{ fontSize: 'inherit' }}>
              Labels
            </h2>
            {m.ready ? <span className="third">Published: labels stay as they are</span> : <Button onClick={() => setEditing(fresh)}>Add a label</Button>}
          </div>
          <table className="plain">
            <Heads of={['Label', 'Number']} unseen="Actions" />
            <tbody>
              {rows.map(([label, n]) => (
                <tr key={label}>
                  <td>{label}</td>
                  <td>{n}</td>
                  <td>
                    {!m.ready && (
                      <Hands
                        name={`the label ${label}`}
                        edit={() => setEditing({ was: label, name: label, number: n })}
                        remove={() => void save(without(label)).catch(setError)}
                      />
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {editing && (
        <Ask
          title={editing.was === undefined ? 'Add a label' : `Edit the label ${editing.was}`}
          action={editing.was === undefined ? 'Add' : 'Save'}
          disabled={!editing.name.trim() || editing.number === ''}
          close={() => setEditing(undefined)}
          run={() => save({ ...without(editing.was), [editing.name.trim()]: Number(editing.number) })}
        >
          <TextInput data-autofocus label="Label" value={editing.name} onChange={(e) => setEditing({ ...editing, name: e.currentTarget.value })} />
          <NumberInput mt={8} size="xs" label="Number" allowDecimal={false} value={editing.number} onChange={(number) => setEditing({ ...editing, number })} />
        </Ask>
      )}
    </>
  )
}

const none: Metadata = { key: '', type: 'str', value: '' }

/** Metadata can be edited of published models, too. */
export function MetadataTab({ model: m, changed }: Props) {
  const [editing, setEditing] = useState<Metadata>()
  const [error, setError] = useState<unknown>()
  const rows = Object.values(m.metadata ?? {}).sort((a, b) => a.key.localeCompare(b.key))
  const fresh = editing && !m.metadata?.[editing.key]
  return (
    <>
      {rows.length === 0 && (
        <Empty title="No metadata yet." code={'model.set_metadata("accuracy", "0.91", "float")'}>
          <Button onClick={() => setEditing(none)}>Add metadata</Button>
        </Empty>
      )}
      {error !== undefined && <Failed error={error} what="The metadata" />}
      {rows.length > 0 && (
        <section className="frame" aria-label="Metadata">
          <div className="framehead">
            <h2 className="strong grow" style={{ fontSize: 'inherit' }}>
              Metadata
            </h2>
            <Button onClick={() => setEditing(none)}>Add metadata</Button>
          </div>
          <table className="plain">
            <Heads of={['Key', 'Type', 'Value']} unseen="Actions" />
            <tbody>
              {rows.map((d) => (
                <tr key={d.key}>
                  <td>{d.key}</td>
                  <td className="third">{d.type}</td>
                  <td>{d.value}</td>
                  <td>
                    <Hands
                      name={d.key}
                      edit={() => setEditing(d)}
                      remove={() => void call('models.delete_metadata', { model: m.id, keys: [d.key] }).then(changed, setError)}
                    />
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
      {editing && (
        <Ask
          title={fresh ? 'Add metadata' : `Edit ${editing.key}`}
          action="Save"
          disabled={!editing.key.trim()}
          close={() => setEditing(undefined)}
          done={changed}
          run={async () => {
            await call('models.add_or_update_metadata', { model: m.id, metadata: [editing] })
          }}
        >
          <TextInput data-autofocus label="Key" value={editing.key} onChange={(e) => setEditing({ ...editing, key: e.currentTarget.value })} />
          <TextInput mt={8} label="Type" value={editing.type} onChange={(e) => setEditing({ ...editing, type: e.currentTarget.value })} />
          <TextInput mt={8} label="Value" value={editing.value} onChange={(e) => setEditing({ ...editing, value: e.currentTarget.value })} />
        </Ask>
      )}
    </>
  )
}
