/** What can be done to the rows that are ticked; docked under the table, so that no row is covered. */

import { Button, Menu, Select, TextInput, Tooltip } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { call } from '../api/client'
import { changeMany, queues } from '../api/lists'
import { projects } from '../api/query'
import type { Kind, Many, Model, Task } from '../api/types'
import { count } from '../lib/format'
import { Ask } from '../ui/Dialog'
import { Icon, type IconName } from '../ui/Icon'
import { More } from '../ui/More'
import { OfModels } from './BulkModels'
import { TagDialog } from './BulkTags'
import { CloneDialog } from './Clone'
import { DeleteDialog, ResetDialog } from './Deletion'

/** A change that some of the chosen allow. */
interface Action<T> {
  id: string
  label: string
  icon: IconName
  /** Why it is not possible for this one; undefined if it is. */
  not: (item: T) => string | undefined
  asks: (items: T[]) => ReactNode
  danger?: boolean
  endpoint: string
  body?: object
}

type Item = (Task | Model) & { name: string }

export const isArchived = (i: Pick<Task, 'system_tags'>) => !!i.system_tags?.includes('archived')

export const taskActions: Action<Task>[] = [
  {
    id: 'publish',
    label: 'Publish',
    icon: 'seal',
    not: (t) => (['completed', 'stopped', 'failed'].includes(t.status) ? undefined : 'Only tasks that ended can be published.'),
    asks: () => 'Artifacts and models of published tasks can no longer be changed or deleted. This cannot be taken back.',
    endpoint: 'tasks.publish_many',
  },
  {
    id: 'abort',
    label: 'Abort',
    icon: 'square',
    not: (t) => (['in_progress', 'queued'].includes(t.status) ? undefined : 'Only tasks that run or wait can be aborted.'),
    asks: () => 'Their programs are told to stop the next time they report.',
    endpoint: 'tasks.stop_many',
  },
  {
    id: 'reset',
    label: 'Reset',
    icon: 'left',
    not: (t) => (t.status === 'published' ? 'Published tasks stay as they are.' : t.status === 'created' ? 'It is a draft already.' : undefined),
    asks: () => undefined, // a dialog of its own
    endpoint: 'tasks.reset_many',
  },
  {
    id: 'dequeue',
    label: 'Dequeue',
    icon: 'hourglass',
    not: (t) => (t.status === 'queued' ? undefined : 'It does not wait in a queue.'),
    asks: () => 'They become drafts again.',
    endpoint: 'tasks.dequeue_many',
  },
]

const modelActions: Action<Model>[] = [
  {
    id: 'publish',
    label: 'Publish',
    icon: 'seal',
    not: (m) => (m.ready ? 'It is published already.' : undefined),
    asks: () => 'The weights of published models can no longer be changed or deleted, and the tasks that made them are published too. This cannot be taken back.',
    endpoint: 'models.publish_many',
  },
]

interface Props<T> {
  kind: Kind
  items: T[]
  total: ReactNode
  clear: () => void
}

export function BulkBar<T extends Item>({ kind, items, total, clear }: Props<T>) {
  const [asking, setAsking] = useState<string>()
  const inArchive = items.every(isArchived)
  return (
    <div className="bulk" role="group" aria-label="Actions on what is chosen">
      <b aria-live="polite">{count(items.length)} chosen</b>
      <Button onClick={() => setAsking('tag')} leftSection={<Icon name="plus" size={13} />}>
        Tag
      </Button>
      {actionsOf<T>(kind).map((a) => {
        const fit = items.filter((i) => !a.not(i))
        return (
          <Tooltip key={a.id} label={fit.length ? `${count(fit.length)} of ${count(items.length)}` : a.not(items[0] as T)}>
            <Button aria-disabled={!fit.length} data-disabled={!fit.length || undefined} leftSection={<Icon name={a.icon} size={13} />} onClick={() => fit.length && setAsking(a.id)}>
              {a.label}
              {fit.length > 0 && fit.length < items.length && ` (${fit.length})`}
            </Button>
          </Tooltip>
        )
      })}
      {inArchive ? (
        <>
          <Button leftSection={<Icon name="up" size={13} />} onClick={() => setAsking('restore')}>
            Restore
          </Button>
          <Button leftSection={<Icon name="cross" size={13} />} onClick={() => setAsking('delete')}>
            Delete
          </Button>
        </>
      ) : (
        <Button leftSection={<Icon name="box" size={13} />} onClick={() => setAsking('archive')}>
          Archive
        </Button>
      )}
      {kind === 'model' && <OfModels items={items as unknown as Model[]} />}
      <More position="top-end">
        <Menu.Item onClick={() => setAsking('move')}>Move to a project…</Menu.Item>
        {kind === 'task' && <Menu.Item onClick={() => setAsking('clone')}>Clone…</Menu.Item>}
        {kind === 'task' && <Menu.Item onClick={() => setAsking('enqueue')}>Enqueue…</Menu.Item>}
        {!inArchive && <Menu.Item disabled>Delete (archive first)</Menu.Item>}
      </More>
      <span className="grow" />
      <span className="third">{total}</span>
      <Button onClick={clear}>Choose none</Button>

      <ActionDialogs kind={kind} items={items} asking={asking} close={() => setAsking(undefined)} gone={clear} />
    </div>
  )
}

const actionsOf = <T extends Item>(kind: Kind) => (kind === 'task' ? taskActions : modelActions) as unknown as Action<T>[]

interface Asking<T> {
  kind: Kind
  items: T[]
  asking: string | undefined // the id of an action
  close: () => void
  gone: () => void // they may have left the list
}

/** The dialog of an action, which asks, does it, and tells what failed. */
export function ActionDialogs<T extends Item>({ kind, items, asking, close, gone }: Asking<T>) {
  const client = useQueryClient()
  const changed = () => {
    for (const key of [`${kind}s`, 'tags', kind, 'projects']) void client.invalidateQueries({ queryKey: [key] })
  }
  const action = actionsOf<T>(kind).find((a) => a.id === asking)
  const name = (id: string) => items.find((i) => i.id === id)?.name ?? id
  const running = items.filter((i) => 'status' in i && i.status === 'in_progress')
  const able = action ? items.filter((i) => !action.not(i)) : []
  const shared = { close, done: changed, name }
  return (
    <>
      {asking === 'delete' && <DeleteDialog kind={kind} items={items} close={() => (close(), gone())} />}
      {asking === 'clone' && <CloneDialog items={items as unknown as Task[]} {...shared} />}
      {asking === 'reset' && <ResetDialog items={able} close={close} done={changed} />}
      {asking === 'tag' && <TagDialog kind={kind} items={items} {...shared} />}
      {asking === 'move' && <MoveDialog kind={kind} items={items} {...shared} />}
      {asking === 'enqueue' && <EnqueueDialog items={items} {...shared} />}
      {action && action.id !== 'reset' && (
        <Ask title={`${action.label} ${count(able.length)} ${kind}${able.length === 1 ? '' : 's'}`} action={`${action.label} ${count(able.length)}`} danger={action.danger} {...shared}
          run={(progress) => changeMany(action.endpoint, able.map((i) => i.id), action.body, progress)}>
          <p>{action.asks(able)}</p>
          {able.length < items.length && <p className="second">{count(items.length - able.length)} of the chosen do not allow it and stay as they are.</p>}
        </Ask>
      )}
      {(asking === 'archive' || asking === 'restore') && (
        <Ask
          title={`${asking === 'archive' ? 'Archive' : 'Restore'} ${count(items.length)} ${kind}${items.length === 1 ? '' : 's'}`}
          action={`${asking === 'archive' ? 'Archive' : 'Restore'} ${count(items.length)}`}
          {...shared}
          run={(progress) => changeMany(`${kind}s.${asking === 'archive' ? '' : 'un'}archive_many`, items.map((i) => i.id), {}, progress)}
          done={() => (changed(), gone())}
        >
          <p>
            {asking === 'archive'
              ? 'They leave the lists and wait in the archive, from where they can be restored or deleted.'
              : 'They come back to the lists.'}
          </p>
          {asking === 'archive' && running.length > 0 && (
            <p className="badge warn">{count(running.length)} of them still run: archiving does not stop them.</p>
          )}
        </Ask>
      )}
    </>
  )
}

interface DialogProps {
  kind?: Kind
  items: Item[]
  close: () => void
  done: () => void
  name: (id: string) => string
}

export function MoveDialog({ kind, items, ...shared }: DialogProps) {
  const [to, setTo] = useState('')
  const known = useQuery(projects())
  return (
    <Ask
      title={`Move ${count(items.length)} ${kind}${items.length === 1 ? '' : 's'}`}
      action="Move"
      disabled={!to.trim()}
      {...shared}
      run={async () => {
        await call(`${kind}s.move`, { ids: items.map((i) => i.id), project_name: to.trim() })
      }}
    >
      <TextInput data-autofocus label="Project" description="A project that is not there yet is made." list="projects-known" value={to} onChange={(e) => setTo(e.currentTarget.value)} />
      <datalist id="projects-known">{known.data?.map((p) => <option key={p.id} value={p.name} />)}</datalist>
    </Ask>
  )
}

function EnqueueDialog({ items, ...shared }: DialogProps) {
  const [queue, setQueue] = useState<string | null>(null)
  const known = useQuery(queues)
  return (
    <Ask
      title={`Enqueue ${count(items.length)} task${items.length === 1 ? '' : 's'}`}
      action="Enqueue"
      disabled={!queue}
      {...shared}
      run={(progress): Promise<Many> => changeMany('tasks.enqueue_many', items.map((i) => i.id), { queue }, progress)}
    >
      <Select
        data-autofocus
        label="Queue"
        value={queue}
        onChange={setQueue}
        comboboxProps={{ withinPortal: true }}
        data={known.data?.map((q) => ({ value: q.id, label: q.name ?? q.id })) ?? []}
        nothingFoundMessage="There is no queue yet."
      />
    </Ask>
  )
}
