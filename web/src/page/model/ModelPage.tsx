import { Button, Menu } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useParams } from '@tanstack/react-router'
import { Suspense, lazy, useState } from 'react'
import { call } from '../../api/client'
import { changeMany } from '../../api/lists'
import { model, snapshots } from '../../api/query'
import { size } from '../../lib/format'
import { Page, projectCrumbs } from '../../shell/Shell'
import { ReadyBadge } from '../../ui/Badge'
import { Ask } from '../../ui/Dialog'
import { Icon } from '../../ui/Icon'
import { DigestChip, Failed, IDChip, Person, Tag, Time, Waiting } from '../../ui/Parts'
import { Tabs } from '../../ui/Tabs'
import { TagEditor } from '../../ui/TagEditor'
import { MoveDialog } from '../Bulk'
import { DeleteDialog } from '../Deletion'
import { Rename } from '../Rename'

const parts = {
  general: lazy(() => import('./General').then((m) => ({ default: m.General }))),
  weights: lazy(() => import('./Weights').then((m) => ({ default: m.Weights }))),
  lineage: lazy(() => import('./Lineage').then((m) => ({ default: m.LineageTab }))),
  design: lazy(() => import('./Content').then((m) => ({ default: m.Design }))),
  labels: lazy(() => import('./Content').then((m) => ({ default: m.Labels }))),
  metadata: lazy(() => import('./Content').then((m) => ({ default: m.MetadataTab }))),
  scalars: lazy(() => import('./Reported').then((m) => ({ default: m.ModelScalars }))),
  plots: lazy(() => import('./Reported').then((m) => ({ default: m.ModelPlots }))),
} as const

type Part = keyof typeof parts

const labels: Record<Part, string> = {
  general: 'General', weights: 'Weights', lineage: 'Lineage', design: 'Design', labels: 'Labels', metadata: 'Metadata',
  scalars: 'Scalars', plots: 'Plots',
}

export function ModelPage() {
  const { mid, tab } = useParams({ from: '/inside/models/$mid/$tab' })
  const part: Part = tab in parts ? (tab as Part) : 'general'
  const client = useQueryClient()
  const navigate = useNavigate()
  const found = useQuery(model(mid))
  const kept = useQuery({ ...snapshots(mid), enabled: !!found.data })
  const [asking, setAsking] = useState<string>()
  const m = found.data
  const Body = parts[part]
  const current = kept.data?.[0]
  const archived = !!m?.system_tags?.includes('archived')
  const changed = () => {
    for (const key of ['model', 'models', 'snapshots', 'lineage', 'tags']) void client.invalidateQueries({ queryKey: [key] })
  }
  const counts: Partial<Record<Part, number>> = {
    weights: kept.data?.length, labels: Object.keys(m?.labels ?? {}).length, metadata: Object.keys(m?.metadata ?? {}).length,
  }
  async function tag(add: string[], remove: string[]) {
    await call('models.update_tags', { ids: [mid], add_tags: add, remove_tags: remove })
    changed()
  }
  const shared = { close: () => setAsking(undefined), done: changed }
  return (
    <Page title={m ? `${m.name}, ${labels[part]}` : 'Model'} crumbs={[...projectCrumbs(m?.project?.name, m?.project?.id, 'models'), { name: m?.name ?? 'Model' }]}>
      {found.error && <Failed error={found.error} retry={() => found.refetch()} what="The model" />}
      {found.isPending && <Waiting />}
      {m && (
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
            {m.uri?.startsWith('http') && (
              <Button component="a" href={current?.state === 'stored' ? current.url : m.uri} download variant="filled" leftSection={<Icon name="down" size={14} />}>
                Download
              </Button>
            )}
            <Menu position="bottom-end">
              <Menu.Target>
                <Button aria-label="More actions">
                  <Icon name="more" />
                </Button>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item onClick={() => setAsking('rename')}>Rename…</Menu.Item>
                <Menu.Item disabled={m.ready} onClick={() => setAsking('publish')}>
                  Publish…
                </Menu.Item>
                <Menu.Item onClick={() => setAsking('move')}>Move to a project…</Menu.Item>
                <Menu.Item onClick={() => setAsking('archive')}>{archived ? 'Restore…' : 'Archive…'}</Menu.Item>
                <Menu.Item disabled={!archived} onClick={() => setAsking('delete')}>
                  {archived ? 'Delete…' : 'Delete (archive first)'}
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </div>
          <div className="factsline">
            <IDChip id={m.id} />
            {current && <DigestChip digest={current.sha256} state={current.state} />}
            {current && <b>{size(current.size)}</b>}
            <span>{m.framework}</span>
            <Person name={m.user?.name} />
            <span className="row">
              <Icon name="clock" size={14} />
              <span>
                Updated <Time at={m.last_update} />
              </span>
            </span>
          </div>
          <div className="under">
            <Tabs
              label="Parts of the model"
              items={(Object.keys(parts) as Part[]).map((p) => ({
                label: labels[p],
                count: counts[p] || undefined,
                active: p === part,
                link: { to: '/models/$mid/$tab', params: { mid, tab: p } },
              }))}
            />
          </div>
          <Suspense fallback={<Waiting />}>
            <Body model={m} changed={changed} />
          </Suspense>
          {asking === 'rename' && <Rename what="model" name={m.name} {...shared} run={(name) => call('models.edit', { model: mid, name })} />}
          {asking === 'move' && <MoveDialog kind="model" items={[m]} name={() => m.name} {...shared} />}
          {asking === 'publish' && (
            <Ask title={`Publish “${m.name}”`} action="Publish" {...shared} name={() => m.name} run={() => changeMany('models.publish_many', [mid])}>
              <p>The weights of a published model can no longer be changed or deleted, and the task that made it is published too. This cannot be taken back.</p>
            </Ask>
          )}
          {asking === 'archive' && (
            <Ask
              title={`${archived ? 'Restore' : 'Archive'} “${m.name}”`}
              action={archived ? 'Restore' : 'Archive'}
              {...shared}
              name={() => m.name}
              run={() => changeMany(archived ? 'models.unarchive_many' : 'models.archive_many', [mid])}
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
                void client.fetchQuery({ ...model(mid), staleTime: 0 }).catch(() => navigate({ to: '/models', search: { archived: '1' } }))
              }}
            />
          )}
        </>
      )}
    </Page>
  )
}
