import { Button, TextInput } from '@mantine/core'
import { useInfiniteQuery, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../api/client'
import { models } from '../../api/lists'
import { model, snapshots } from '../../api/query'
import type { Model, Task } from '../../api/types'
import { opens } from '../../lib/bytes'
import { exactSize, size } from '../../lib/format'
import { Address } from '../../ui/Address'
import { ReadyBadge } from '../../ui/Badge'
import { Ask } from '../../ui/Dialog'
import { SearchedText } from '../../ui/Find'
import { Icon } from '../../ui/Icon'
import { CopyButton, DigestChip, Empty, Facts, Failed, IDChip, Time, Waiting } from '../../ui/Parts'
import { designText } from '../model/Content'

interface Props {
  link: { name: string; model: string }
  input: boolean
  task: Task
}

/** A model that the task uses or made. */
export function ModelDetail({ link, input, task }: Props) {
  const deleted = link.model.startsWith('__DELETED__')
  const found = useQuery({ ...model(link.model), enabled: !deleted })
  const kept = useQuery({ ...snapshots(link.model), enabled: !!found.data })
  if (deleted) return <Empty title={`The model “${link.name}” was deleted.`}>{input && <LinkActions link={link} task={task} />}</Empty>
  if (found.error) return <Failed error={found.error} retry={() => found.refetch()} what="The model" />
  if (!found.data) return <Waiting />
  const m = found.data
  const current = kept.data?.[0]
  const design = designText(m)
  const href = current?.state === 'stored' ? current.url : m.uri && opens(m.uri) ? m.uri : undefined
  return (
    <>
      <div className="head">
        <span className="square">
          <Icon name="cube" />
        </span>
        <h2>
          <Link to="/models/$mid/$tab" params={{ mid: m.id, tab: 'general' }}>
            {m.name}
          </Link>
        </h2>
        <ReadyBadge ready={m.ready} />
        <span className="grow" />
        {input && <LinkActions link={link} task={task} />}
        {href && (
          <Button component="a" href={href} download variant="filled" leftSection={<Icon name="down" size={14} />}>
            Download
          </Button>
        )}
      </div>
      <div className="pad">
        <Facts
          rows={[
            ['Id', <IDChip id={m.id} />],
            ['Name on this task', link.name],
            ['Framework', m.framework],
            ['Made by', m.task && <Maker task={m.task} here={task.id} />],
            ['Size', current && <span title={exactSize(current.size)}>{size(current.size)}</span>],
            ['Digest', current && <DigestChip digest={current.sha256} state={current.state} />],
            ['Address', m.uri && <Address uri={m.uri} at={opens(m.uri) ? href : undefined} />],
            ['Updated', <Time at={m.last_update ?? m.created} />],
          ]}
        />
      </div>
      {design && <SearchedText title="Configuration" text={design} label="Configuration of the model" />}
    </>
  )
}

function Maker({ task, here }: { task: NonNullable<Model['task']>; here: string }) {
  if (task.id === here) return 'this task'
  if (!task.name) return <span className="third">task deleted ({task.id})</span>
  return (
    <span className="row">
      <Link to="/tasks/$tid/$tab" params={{ tid: task.id, tab: 'artifacts' }}>
        {task.name}
      </Link>
      <CopyButton text={task.id} label="Copy the id of the task" />
    </span>
  )
}

/** Input models of a draft are chosen anew, or taken away. */
function LinkActions({ link, task }: { link: Props['link']; task: Task }) {
  const client = useQueryClient()
  const [asking, setAsking] = useState<'replace' | 'remove'>()
  const close = () => setAsking(undefined)
  if (task.status !== 'created') return null
  return (
    <>
      <Button onClick={() => setAsking('replace')}>Replace…</Button>
      <Button onClick={() => setAsking('remove')}>Remove…</Button>
      {asking === 'replace' && <LinkDialog task={task} replaces={link.name} close={close} />}
      {asking === 'remove' && (
        <Ask
          title={`Remove the input model “${link.name}”`}
          action="Remove"
          danger
          close={close}
          done={() => void client.invalidateQueries({ queryKey: ['task', task.id] })}
          run={async () => {
            await call('tasks.delete_models', { task: task.id, models: [{ name: link.name, type: 'input' }] })
          }}
        >
          <p>The task no longer uses it. The model itself stays.</p>
        </Ask>
      )}
    </>
  )
}

/** Chooses a model of any project as an input of a draft. */
export function LinkDialog({ task, replaces, close }: { task: Task; replaces?: string; close: () => void }) {
  const client = useQueryClient()
  const [q, setQ] = useState('')
  const [chosen, setChosen] = useState<Model>()
  const [typed, setTyped] = useState<string>()
  const found = useInfiniteQuery(models({ q }))
  const list = found.data?.pages[0]?.models ?? []
  const name = replaces ?? (typed ?? chosen?.name ?? '').trim()
  const taken = replaces === undefined && !!task.models?.input?.some((l) => l.name === name)
  return (
    <Ask
      title={replaces === undefined ? 'Add an input model' : `Replace the input model “${replaces}”`}
      action={replaces === undefined ? 'Add the model' : 'Replace the model'}
      disabled={!chosen || !name || taken}
      close={close}
      done={() => void client.invalidateQueries({ queryKey: ['task', task.id] })}
      run={async () => {
        await call('tasks.add_or_update_model', { task: task.id, name, model: chosen?.id, type: 'input' })
      }}
    >
      <TextInput data-autofocus label="Find a model of any project" value={q} onChange={(e) => setQ(e.currentTarget.value)} />
      {found.error && <Failed error={found.error} retry={() => found.refetch()} what="The models" />}
      <fieldset className="picks">
        <legend className="hidden">Models</legend>
        {list.map((m) => (
          <label key={m.id}>
            <input type="radio" name="model" checked={chosen?.id === m.id} onChange={() => setChosen(m)} />
            <b>{m.name}</b>
            <span className="third">{[m.project?.name, m.framework].filter(Boolean).join(' · ')}</span>
          </label>
        ))}
        {found.data && !list.length && <p className="third">No model matches.</p>}
      </fieldset>
      {replaces === undefined && (
        <TextInput label="Name on this task" value={typed ?? chosen?.name ?? ''} error={taken && 'Another input model has this name.'} onChange={(e) => setTyped(e.currentTarget.value)} />
      )}
    </Ask>
  )
}
