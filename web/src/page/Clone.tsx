/** Drafts that begin as other tasks are. */

import { TextInput, Textarea } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { Failure, call } from '../api/client'
import { projects } from '../api/query'
import type { Many, Task } from '../api/types'
import { count } from '../lib/format'
import { Ask } from '../ui/Dialog'

interface Props {
  items: Task[]
  close: () => void
  done: () => void
  name: (id: string) => string
}

/** What stands for the name of the task that is cloned. */
const NAME = '${name}'

export function CloneDialog({ items, ...shared }: Props) {
  const [title, setTitle] = useState(`Clone of ${NAME}`)
  const [to, setTo] = useState('')
  const [parent, setParent] = useState('')
  const [description, setDescription] = useState('')
  const known = useQuery(projects())
  const what = `${count(items.length)} task${items.length === 1 ? '' : 's'}`
  async function run(progress: (done: number) => void): Promise<Many> {
    const out: Many = { succeeded: [], failed: [] }
    for (const [i, item] of items.entries()) {
      try {
        const { id } = await call<{ id: string }>('tasks.clone', {
          task: item.id,
          new_task_name: title.replaceAll(NAME, item.name),
          new_task_comment: description || item.comment || '',
          new_task_parent: parent.trim() || item.id,
          new_project_name: to.trim() || undefined,
        })
        out.succeeded.push({ id })
      } catch (cause) {
        if (!(cause instanceof Failure)) throw cause
        out.failed.push({ id: item.id, error: { codes: [], msg: cause.message } })
      }
      progress(i + 1)
    }
    return out
  }
  return (
    <Ask title={`Clone ${what}`} action={`Clone ${what}`} disabled={!title.trim()} of={items.length} run={run} {...shared}>
      <TextInput data-autofocus label="Name" description={`${NAME} stands for the name of the task`} value={title} onChange={(e) => setTitle(e.currentTarget.value)} />
      <TextInput mt={8} label="Project" description="Empty for the project of the task; one that is not there yet is made" list="clone-projects" value={to} onChange={(e) => setTo(e.currentTarget.value)} />
      <datalist id="clone-projects">{known.data?.map((p) => <option key={p.id} value={p.name} />)}</datalist>
      <TextInput mt={8} label="Parent" description="The id of a task; empty for the task itself" value={parent} onChange={(e) => setParent(e.currentTarget.value)} />
      <Textarea mt={8} size="xs" label="Description" description="Empty for that of the task" autosize minRows={2} maxRows={8} value={description} onChange={(e) => setDescription(e.currentTarget.value)} />
    </Ask>
  )
}
