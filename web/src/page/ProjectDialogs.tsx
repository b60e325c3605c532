/** What can be done to a project. */

import { Checkbox, TextInput, Textarea } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../api/client'
import { projects } from '../api/query'
import type { Project } from '../api/types'
import { count } from '../lib/format'
import { Ask } from '../ui/Dialog'
import { Failed, Waiting } from '../ui/Parts'

function useDone() {
  const client = useQueryClient()
  return () => {
    for (const key of ['projects', 'project']) void client.invalidateQueries({ queryKey: [key] })
  }
}

/** Makes a project, or changes the one that is given. */
export function ProjectDialog({ project, under, close, gone }: { project?: Project; under?: string; close: () => void; gone?: () => void }) {
  const done = useDone()
  const [name, setName] = useState(project ? (project.name.split('/').at(-1) ?? '') : '')
  const [parent, setParent] = useState(project ? project.name.split('/').slice(0, -1).join('/') : (under ?? ''))
  const [description, setDescription] = useState(project?.description ?? '')
  const [destination, setDestination] = useState(project?.default_output_destination ?? '')
  const known = useQuery(projects())
  const before = project?.name.split('/').slice(0, -1).join('/') ?? ''
  return (
    <Ask
      title={project ? `Settings of ${project.name}` : 'New project'}
      action={project ? 'Save' : 'Make the project'}
      disabled={!name.trim() || name.includes('/')}
      close={close}
      done={() => (done(), gone?.())}
      run={async () => {
        if (!project) {
          const full = [parent.trim(), name.trim()].filter(Boolean).join('/')
          await call('projects.create', { name: full, description, default_output_destination: destination.trim() || undefined })
          return
        }
        await call('projects.update', { project: project.id, name: [before, name.trim()].filter(Boolean).join('/'), description, default_output_destination: destination.trim() || null })
        if (parent.trim() !== before) await call('projects.move', { project: project.id, new_location: parent.trim() })
      }}
    >
      <TextInput data-autofocus label="Name" error={name.includes('/') ? 'Parents go into the field below' : undefined} value={name} onChange={(e) => setName(e.currentTarget.value)} />
      <TextInput mt={8} label="Within" description="Empty for the top; projects that are not there yet are made" list="parents-known" value={parent} onChange={(e) => setParent(e.currentTarget.value)} />
      <datalist id="parents-known">{known.data?.map((p) => <option key={p.id} value={p.name} />)}</datalist>
      <Textarea mt={8} size="xs" label="Description" autosize minRows={2} maxRows={10} value={description} onChange={(e) => setDescription(e.currentTarget.value)} />
      <TextInput mt={8} label="Default destination of outputs" description="Such as s3://bucket/folder; empty for this server" value={destination} onChange={(e) => setDestination(e.currentTarget.value)} />
    </Ask>
  )
}

interface Inside {
  tasks: number
  non_archived_tasks: number
  models: number
  non_archived_models: number
}

/** Deletes a project when all that is in it is archived; it says first what that is. */
export function DeleteProject({ project, close }: { project: Project; close: () => void }) {
  const done = useDone()
  const [contents, setContents] = useState(true)
  const plan = useQuery({ queryKey: ['inside', project.id], queryFn: ({ signal }) => call<Inside>('projects.validate_delete', { project: project.id }, signal), staleTime: 0 })
  const p = plan.data
  const living = (p?.non_archived_tasks ?? 0) + (p?.non_archived_models ?? 0)
  return (
    <Ask
      title={`Delete the project “${project.name}”`}
      action="Delete the project"
      danger
      disabled={!p || living > 0}
      close={close}
      done={done}
      run={async () => {
        await call('projects.delete', { project: project.id, force: true, delete_contents: contents, delete_external_artifacts: contents })
      }}
    >
      {plan.error && <Failed error={plan.error} retry={() => plan.refetch()} what="What would go" />}
      {plan.isPending && <Waiting rows={2} />}
      {p && (
        <>
          <p>
            In it and below it: <b>{count(p.tasks)} tasks</b> and <b>{count(p.models)} models</b>.
          </p>
          {living > 0 ? (
            <p className="badge warn">
              {count(p.non_archived_tasks)} tasks and {count(p.non_archived_models)} models are not archived: archive or move them first.
            </p>
          ) : (
            p.tasks + p.models > 0 && (
              <Checkbox mt={12} label="Delete them with their stored bytes" description="Else they stay, without a project." checked={contents} onChange={(e) => setContents(e.currentTarget.checked)} />
            )
          )}
        </>
      )}
    </Ask>
  )
}
