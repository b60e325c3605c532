import { Button, Menu } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { call } from '../../api/client'
import { changeMany } from '../../api/lists'
import { model } from '../../api/query'
import type { Model, Snapshot } from '../../api/types'
import { ReadyBadge } from '../../ui/Badge'
import { Ask } from '../../ui/Dialog'
import { Icon } from '../../ui/Icon'
import { MoreOfOne } from '../../ui/More'
import { Failed } from '../../ui/Parts'
import { Tag } from '../../ui/Tag'
import { TagEditor } from '../../ui/TagEditor'
import { BesideSwitch } from '../Beside'
import { MoveDialog, isArchived } from '../Bulk'
import { DeleteDialog } from '../Deletion'
import { Rename } from '../Rename'

/** What a model is called, whether it is published, and what can be done to it. */
export function ModelHead({ model: m, current, changed }: { model: Model; current?: Snapshot; changed: () => void }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const { models } = useSearch({ from: '/inside/models/$mid/$tab' })
  const [asking, setAsking] = useState<string>()
  const [error, setError] = useState<unknown>()
  const archived = isArchived(m)
  const tag = (add: string[], remove: string[]) =>
    call('models.update_tags', { ids: [m.id], add_tags: add, remove_tags: remove }).then(changed).then(() => setError(undefined), setError)
  const shared = { close: () => setAsking(undefined), done: changed }
  return (
    <>
      <div className="head">
        <span className="square">
          <Icon name="layers" />
        </span>
        <h1>{m.name}</h1>
        <ReadyBadge ready={m.ready} />
        {m.tags?.map((t) => <Tag key={t} name={t} />)}
        {archived && <span className="badge idle">Archived</span>}
        <TagEditor kind="model" tags={m.tags ?? []} add={(t) => void tag([t], [])} remove={(t) => void tag([], [t])} />
        <span className="grow" />
        <BesideSwitch list={{ kind: 'model', pid: m.project?.id, search: {} }} beside={!!models} />
        {m.uri?.startsWith('http') && (
          <Button component="a" href={current?.state === 'stored' ? current.url : m.uri} download variant="filled" leftSection={<Icon name="down" size={14} />}>
            Download
          </Button>
        )}
        <MoreOfOne archived={archived} ask={setAsking}>
          <Menu.Item disabled={m.ready} onClick={() => setAsking('publish')}>
            Publish…
          </Menu.Item>
        </MoreOfOne>
      </div>
      {error !== undefined && <Failed error={error} what="That" how="did not work" />}
      {asking === 'rename' && <Rename what="model" name={m.name} {...shared} run={(name) => call('models.edit', { model: m.id, name })} />}
      {asking === 'move' && <MoveDialog kind="model" items={[m]} name={() => m.name} {...shared} />}
      {asking === 'publish' && (
        <Ask title={`Publish “${m.name}”`} action="Publish" {...shared} name={() => m.name} run={() => changeMany('models.publish_many', [m.id])}>
          <p>The weights of a published model can no longer be changed or deleted, and the task that made it is published too. This cannot be taken back.</p>
        </Ask>
      )}
      {(asking === 'archive' || asking === 'restore') && (
        <Ask
          title={`${archived ? 'Restore' : 'Archive'} “${m.name}”`}
          action={archived ? 'Restore' : 'Archive'}
          {...shared}
          name={() => m.name}
          run={() => changeMany(archived ? 'models.unarchive_many' : 'models.archive_many', [m.id])}
        >
          <p>{archived ? 'It comes back to the list of models.' : 'It leaves the list of models and can be restored or deleted from the archive.'}</p>
        </Ask>
      )}
      {asking === 'delete' && (
        <DeleteDialog
          kind="model"
          items={[m]}
          close={() => {
            setAsking(undefined)
            void client.fetchQuery({ ...model(m.id), staleTime: 0 }).catch(() => navigate({ to: '/models', search: { archived: '1' } }))
          }}
        />
      )}
    </>
  )
}
