/** A task that is described in the browser: kept as a draft, or put into a queue for a worker to run. */

import { Button, SegmentedControl, Select, TextInput, Textarea } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../api/client'
import { literally, queues } from '../api/lists'
import { me, project as projectQuery, projects } from '../api/query'
import type { Ref } from '../api/types'
import { Ask } from '../ui/Dialog'
import { Icon } from '../ui/Icon'

export const types = ['training', 'testing', 'inference', 'data_processing', 'application', 'monitor', 'controller', 'optimizer', 'service', 'qc', 'custom']

const mono = { input: { fontFamily: 'var(--mono)' } }

const blank = {
  name: '', type: 'training', project: '', repository: '', version: '', folder: '', entry: '', code: '', arguments: '', packages: '', variables: '', image: '', queue: '',
  destination: '',
}

/** Lines of NAME=VALUE; what is no such line has no value. */
const pairs = (text: string) =>
  text.split('\n').flatMap((line): [string, string][] => {
    const at = line.indexOf('=')
    const name = (at < 0 ? line : line.slice(0, at)).trim().replace(/^-+/, '')
    return name ? [[name, at < 0 ? '' : line.slice(at + 1).trim()]] : []
  })

const quoted = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`)

/** The request that makes the task. */
const request = (t: typeof blank, written: boolean, project: string | undefined) => ({
  name: t.name.trim(),
  type: t.type,
  project,
  script: {
    repository: written ? '' : t.repository.trim(),
    version_num: written ? '' : t.version.trim(),
    working_dir: t.folder.trim() || '.',
    entry_point: t.entry.trim() || 'script.py',
    diff: written ? t.code : '',
    requirements: t.packages.trim() ? { pip: t.packages } : {},
  },
  hyperparams: t.arguments.trim() ? { Args: Object.fromEntries(pairs(t.arguments).map(([name, value]) => [name, { section: 'Args', name, value }])) } : {},
  container: {
    image: t.image.trim(),
    arguments: pairs(t.variables).map(([name, value]) => `-e ${quoted(`${name}=${value}`)}`).join(' '),
  },
  output_dest: t.destination.trim() || undefined,
})

/** The id of a project, which is made if there is none of the name. */
async function projectID(name: string) {
  if (!name) return undefined
  const { projects } = await call<{ projects: Ref[] }>('projects.get_all_ex', { name: `^${literally(name)}$`, search_hidden: true })
  return projects[0]?.id ?? (await call<{ id: string }>('projects.create', { name, description: '' })).id
}

export function NewTaskButton({ pid }: { pid?: string }) {
  const account = useQuery(me)
  const [making, setMaking] = useState(false)
  return (
    <>
      <Button leftSection={<Icon name="plus" size={14} />} onClick={() => setMaking(true)} disabled={account.data?.role === 'guest'}>
        New task
      </Button>
      {making && <NewTask pid={pid} close={() => setMaking(false)} />}
    </>
  )
}

function NewTask({ pid, close }: { pid?: string; close: () => void }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const here = useQuery({ ...projectQuery(pid ?? ''), enabled: !!pid })
  const known = useQuery(projects())
  const waiting = useQuery(queues)
  const [given, setGiven] = useState<Partial<typeof blank>>({})
  const [written, setWritten] = useState(false)
  const t = { ...blank, project: here.data?.name ?? '', ...given }
  const field = (key: keyof typeof blank, label: string, description?: string) => ({
    mt: 8,
    size: 'xs' as const,
    label,
    description,
    value: t[key],
    onChange: (e: { currentTarget: { value: string } }) => setGiven({ ...given, [key]: e.currentTarget.value }),
  })
  const lines = { autosize: true, minRows: 2, maxRows: 10, styles: mono }
  return (
    <Ask
      title="New task"
      action={t.queue ? 'Run' : 'Save as draft'}
      disabled={!t.name.trim() || (written ? !t.code.trim() : !t.repository.trim() || !t.entry.trim())}
      close={close}
      run={async () => {
        const { id } = await call<{ id: string }>('tasks.create', request(t, written, await projectID(t.project.trim())))
        if (t.queue) await call('tasks.enqueue', { task: id, queue: t.queue })
        for (const key of ['tasks', 'projects']) void client.invalidateQueries({ queryKey: [key] })
        await navigate({ to: '/tasks/$tid/$tab', params: { tid: id, tab: 'execution' } })
      }}
    >
      <TextInput {...field('name', 'Name')} mt={0} data-autofocus />
      <Select mt={8} size="xs" label="Type" value={t.type} allowDeselect={false} onChange={(type) => setGiven({ ...given, type: type ?? blank.type })} data={types.map((x) => ({ value: x, label: x.replaceAll('_', ' ') }))} />
      <TextInput {...field('project', 'Project', 'One that is not there yet is made')} list="new-task-projects" />
      <datalist id="new-task-projects">{known.data?.map((p) => <option key={p.id} value={p.name} />)}</datalist>
      <SegmentedControl
        mt={12}
        size="xs"
        fullWidth
        aria-label="Where the code comes from"
        value={written ? 'written' : 'repository'}
        onChange={(v) => setWritten(v === 'written')}
        data={[
          { value: 'repository', label: 'From a repository' },
          { value: 'written', label: 'Written here' },
        ]}
      />
      {written ? (
        <>
          <TextInput {...field('entry', 'File name', 'script.py if empty')} />
          <Textarea {...field('code', 'Code')} {...lines} minRows={6} maxRows={20} />
        </>
      ) : (
        <>
          <TextInput {...field('repository', 'Repository')} />
          <TextInput {...field('version', 'Commit', 'Empty for the newest')} />
          <TextInput {...field('folder', 'Working directory', 'Within the repository')} />
          <TextInput {...field('entry', 'Script', 'Within the working directory')} />
        </>
      )}
      <Textarea {...field('arguments', 'Arguments', 'NAME=VALUE, one a line')} {...lines} />
      <Textarea {...field('packages', 'Packages (pip)', 'One a line')} {...lines} />
      <Textarea {...field('variables', 'Environment variables', 'NAME=VALUE, one a line; set in the container')} {...lines} />
      <TextInput {...field('image', 'Container image')} />
      <TextInput {...field('destination', 'Destination of outputs', 'Such as s3://bucket/folder; empty for that of the project')} />
      <Select
        mt={8}
        size="xs"
        label="Queue"
        description="A worker of the queue runs it; without one it is kept as a draft"
        clearable
        value={t.queue || null}
        onChange={(queue) => setGiven({ ...given, queue: queue ?? '' })}
        data={waiting.data?.map((q) => ({ value: q.id, label: q.name ?? q.id })) ?? []}
        nothingFoundMessage="There is no queue yet."
      />
    </Ask>
  )
}
