import { ActionIcon, Button, Menu } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../api/client'
import { task as taskQuery } from '../../api/query'
import type { Task } from '../../api/types'
import { StatusBadge } from '../../ui/Badge'
import { Icon, taskIcon } from '../../ui/Icon'
import { MoreOfOne } from '../../ui/More'
import { Failed } from '../../ui/Parts'
import { Tag } from '../../ui/Tag'
import { TagEditor } from '../../ui/TagEditor'
import { BesideSwitch } from '../Beside'
import { ActionDialogs, isArchived, taskActions } from '../Bulk'
import { saveText } from '../chart/save'
import { Rename } from '../Rename'

/** What a task is called, where it stands, and what can be done to it. */
export function TaskHead({ task: t }: { task: Task }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const { list } = useSearch({ from: '/inside/tasks/$tid/$tab' })
  const [asking, setAsking] = useState<string>()
  const [error, setError] = useState<unknown>()
  const close = () => setAsking(undefined)
  const changed = () => {
    for (const key of ['task', 'tasks', 'tags']) void client.invalidateQueries({ queryKey: [key] })
  }
  const archived = isArchived(t)
  const attempt = (work: Promise<unknown>) => work.then(() => setError(undefined), setError)
  const tag = (add: string[], remove: string[]) => attempt(call('tasks.update_tags', { ids: [t.id], add_tags: add, remove_tags: remove }).then(changed))
  async function save() {
    const { task } = await call<{ task: object }>('tasks.get_by_id', { task: t.id })
    saveText(`${t.name}.json`, JSON.stringify(task, null, 2) + '\n', 'application/json')
  }
  return (
    <>
      <div className="head">
        <span className="square" role="img" aria-label={t.type.replaceAll('_', ' ')} title={t.type.replaceAll('_', ' ')}>
          <Icon name={taskIcon(t.type)} />
        </span>
        <h1>{t.name}</h1>
        <ActionIcon variant="subtle" color="gray" aria-label="Rename" onClick={() => setAsking('rename')}>
          <Icon name="pencil" size={14} />
        </ActionIcon>
        <StatusBadge status={t.status} progress={t.status === 'in_progress' ? t.runtime?.progress : undefined} />
        {t.tags?.map((name) => <Tag key={name} name={name} />)}
        {archived && <span className="badge idle">Archived</span>}
        <TagEditor kind="task" tags={t.tags ?? []} add={(one) => void tag([one], [])} remove={(one) => void tag([], [one])} />
        <span className="grow" />
        <BesideSwitch list={{ kind: 'task', pid: t.project?.id, search: {} }} beside={!!list} />
        <Button leftSection={<Icon name="copy" size={14} />} onClick={() => setAsking('clone')}>
          Clone
        </Button>
        <MoreOfOne archived={archived} ask={setAsking}>
          <Menu.Item onClick={() => void attempt(save())}>Export as JSON</Menu.Item>
          <Menu.Item disabled={t.status !== 'created'} onClick={() => setAsking('enqueue')}>
            Enqueue…
          </Menu.Item>
          {taskActions.map((a) => (
            <Menu.Item key={a.id} disabled={!!a.not(t)} onClick={() => setAsking(a.id)}>
              {a.label}…
            </Menu.Item>
          ))}
        </MoreOfOne>
      </div>
      {t.comment && (
        <p className="about second" title={t.comment}>
          {t.comment}
        </p>
      )}
      {error !== undefined && <Failed error={error} what="That" how="did not work" />}
      {asking === 'rename' ? (
        <Rename what="task" name={t.name} close={close} done={changed} run={(name) => call('tasks.update', { task: t.id, name })} />
      ) : (
        <ActionDialogs
          kind="task"
          items={[t]}
          asking={asking}
          close={close}
          gone={() => void client.fetchQuery({ ...taskQuery(t.id), staleTime: 0 }).catch(() => navigate({ to: '/tasks', search: { archived: '1' } }))}
        />
      )}
    </>
  )
}
