import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useParams, useSearch } from '@tanstack/react-router'
import { Suspense, lazy } from 'react'
import { model, snapshots } from '../../api/query'
import { size } from '../../lib/format'
import { Page, projectCrumbs } from '../../shell/Shell'
import { Icon } from '../../ui/Icon'
import { DigestChip, Failed, IDChip, Person, Time, Waiting } from '../../ui/Parts'
import { Tabs } from '../../ui/Tabs'
import { listOf } from '../views'
import { ModelHead } from './ModelHead'
import { ModelsBeside } from './ModelsBeside'

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
  const list = listOf('model', useSearch({ from: '/inside/models/$mid/$tab' }).models)
  const part: Part = tab in parts ? (tab as Part) : 'general'
  const client = useQueryClient()
  const found = useQuery(model(mid))
  const kept = useQuery({ ...snapshots(mid), enabled: !!found.data })
  const m = found.data
  const Body = parts[part]
  const current = kept.data?.[0]
  const changed = () => {
    for (const key of ['model', 'models', 'snapshots', 'lineage', 'tags']) void client.invalidateQueries({ queryKey: [key] })
  }
  const counts: Partial<Record<Part, number>> = {
    weights: kept.data?.length, labels: Object.keys(m?.labels ?? {}).length, metadata: Object.keys(m?.metadata ?? {}).length,
  }
  const content = (
    <>
      {found.error && <Failed error={found.error} retry={() => found.refetch()} what="The model" />}
      {found.isPending && <Waiting />}
      {m && (
        <>
          <ModelHead key={m.id} model={m} current={current} changed={changed} />
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
            <Body key={m.id} model={m} changed={changed} />
          </Suspense>
        </>
      )}
    </>
  )
  return (
    <Page title={m ? `${m.name}, ${labels[part]}` : 'Model'} crumbs={[...projectCrumbs(m?.project?.name, m?.project?.id, 'models'), { name: m?.name ?? 'Model' }]}>
      {list ? (
        <ModelsBeside list={list} mid={mid} tab={part}>
          {content}
        </ModelsBeside>
      ) : (
        content
      )}
    </Page>
  )
}
