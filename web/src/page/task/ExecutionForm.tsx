import { Button, TextInput, Textarea } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { call } from '../../api/client'
import type { Task } from '../../api/types'
import { Failed } from '../../ui/Parts'

type Script = NonNullable<Task['script']>

const sources = [
  ['repository', 'Repository'],
  ['branch', 'Branch'],
  ['version_num', 'Commit'],
  ['tag', 'Tag of the repository'],
  ['entry_point', 'Script'],
  ['working_dir', 'Working directory'],
  ['binary', 'Binary'],
] as const satisfies [keyof Script, string][]

const containers = [
  ['image', 'Container image', 1],
  ['arguments', 'Container arguments', 1],
  ['setup_shell_script', 'Container set-up script', 3],
] as const

const code = { input: { fontFamily: 'var(--mono)' } }

/** All of how a draft will be run, to be written anew. */
export function ExecutionForm({ task, close }: { task: Task; close: () => void }) {
  const client = useQueryClient()
  const [script, setScript] = useState<Script>(task.script ?? {})
  const [container, setContainer] = useState(task.container ?? {})
  const [destination, setDestination] = useState(task.output?.destination ?? '')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const packages = script.requirements?.pip
  async function save(e: FormEvent) {
    e.preventDefault()
    setBusy(true)
    try {
      await call('tasks.edit', { task: task.id, script, container, output_dest: destination })
      await client.invalidateQueries({ queryKey: ['task', task.id] })
      close()
    } catch (cause) {
      setError(cause)
      setBusy(false)
    }
  }
  return (
    <form className="pad fields" aria-label="Execution" onSubmit={save}>
      {sources.map(([key, label], i) => (
        <TextInput
          key={key}
          label={label}
          autoFocus={i === 0}
          value={script[key] ?? ''}
          onChange={(e) => setScript({ ...script, [key]: e.currentTarget.value })}
        />
      ))}
      <TextInput label="Destination of outputs" value={destination} onChange={(e) => setDestination(e.currentTarget.value)} />
      {containers.map(([key, label, rows]) =>
        rows > 1 ? (
          <Textarea key={key} size="xs" label={label} autosize minRows={rows} maxRows={12} styles={code} value={container[key] ?? ''} onChange={(e) => setContainer({ ...container, [key]: e.currentTarget.value })} />
        ) : (
          <TextInput key={key} label={label} value={container[key] ?? ''} onChange={(e) => setContainer({ ...container, [key]: e.currentTarget.value })} />
        ),
      )}
      <Textarea
        size="xs"
        label="Packages (pip)"
        description="One a line"
        autosize
        minRows={4}
        maxRows={20}
        styles={code}
        value={typeof packages === 'string' ? packages : ''}
        onChange={(e) => setScript({ ...script, requirements: { ...script.requirements, pip: e.currentTarget.value } })}
      />
      <Textarea
        size="xs"
        label="Uncommitted changes, or the code itself"
        autosize
        minRows={6}
        maxRows={30}
        styles={code}
        value={script.diff ?? ''}
        onChange={(e) => setScript({ ...script, diff: e.currentTarget.value })}
      />
      {error !== undefined && <Failed error={error} what="The execution" how="could not be saved" />}
      <div className="row">
        <Button type="submit" variant="filled" loading={busy}>
          Save
        </Button>
        <Button onClick={close}>Cancel</Button>
      </div>
    </form>
  )
}
