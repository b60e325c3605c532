/** Lists of tasks and models: how they are narrowed, ordered and paged, and what is done to many of them. */

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { call } from './client'
import type { Kind, Many, MetricName, Model, Ref, Task } from './types'

/** Rows of one page of a list. */
export const PAGE = 100

/** Rows of a page that comes while somebody scrolls: fewer waits on the way down. */
const MORE = 500

/** Text in a pattern that means only itself. */
export const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** How a list is narrowed and ordered: what stands in the address of its page. */
export interface Narrow {
  q?: string
  re?: string // "1": q is a regular expression
  by?: string // "model": q is the name of a model that tasks use or made
  tags?: string // one of them; -x none of those
  all?: string // "1": all tags instead
  user?: string
  archived?: string
  sort?: string
  status?: string
  type?: string
  framework?: string
  ready?: string // "1" or "0"
  since?: string // a day
  it?: string // the least iteration
  f?: string // METRIC HASH.VARIANT HASH.value:least, joined by ;
  meta?: string // KEY=VALUE of metadata, both encoded, joined by &
  own?: string // "1": of a project what lies in it, not what lies below
  uses?: string // the id of a model that tasks use
}

const list = (text?: string) => (text ? text.split(',') : undefined)

/** Tags as the protocol tells them: any or all of some, and none of those with a minus before them. */
export function tagged(text: string | undefined, all: boolean): string[] | undefined {
  const tags = list(text)
  return tags && [
    ...(all ? ['__$all'] : []),
    ...tags.filter((t) => !t.startsWith('-')),
    ...tags.flatMap((t) => (t.startsWith('-') ? ['__$not', t.slice(1)] : [])),
  ]
}

/** The conditions that tasks and models share, as the protocol tells them. */
function conditions(n: Narrow, searched: string[], project?: string): Record<string, unknown> {
  const least = Object.fromEntries(
    (n.f ?? '').split(';').flatMap((one) => {
      const at = one.lastIndexOf(':')
      const value = Number(one.slice(at + 1))
      return at > 0 && Number.isFinite(value) ? [[one.slice(0, at), [value, null]]] : []
    }),
  )
  return {
    ...least,
    project: project ? [project] : undefined,
    include_subprojects: project ? !n.own : undefined,
    user: list(n.user),
    tags: tagged(n.tags, !!n.all),
    system_tags: [n.archived ? 'archived' : '-archived'],
    _any_: n.q ? { fields: searched, pattern: n.re ? n.q : literally(n.q) } : undefined,
    last_update: n.since ? [`>=${n.since}`] : undefined,
    last_iteration: n.it && Number.isFinite(Number(n.it)) ? [Number(n.it), null] : undefined,
    order_by: order(n.sort),
  }
}

/** Of the many rows that share a status or a type, the newest come first. */
const order = (sort = '-last_update') => (/^-?(status|type)$/.test(sort) ? [sort, '-last_update'] : [sort || '-last_update'])

/** Models that a search for tasks goes by: a name that more have is too short to tell tasks apart. */
const NAMED = 200

/** What tasks must have to use or make a model of a name. */
async function byModel(n: Narrow, signal?: AbortSignal) {
  const pattern = n.re ? n.q : literally(n.q ?? '')
  const { models } = await call<{ models: Ref[] }>(
    'models.get_all_ex',
    { _any_: { fields: ['name'], pattern }, only_fields: ['id'], order_by: ['-last_update'], page: 0, page_size: NAMED },
    signal,
  )
  return { fields: ['models.input.model', 'models.output.model'], pattern: `^(${models.map((m) => m.id).join('|') || '-'})$` }
}

export async function taskConditions(n: Narrow, project?: string, signal?: AbortSignal) {
  const models = n.q && n.by === 'model' ? await byModel(n, signal) : undefined
  return {
    ...conditions(models ? { ...n, q: '' } : n, ['name', 'id', 'comment'], project),
    status: list(n.status),
    type: list(n.type),
    'models.input.model': list(n.uses),
    _or_: models,
  }
}

/** A name as a part of a path: dots in it are no parting. */
export const escaped = (name: string) => name.replaceAll('%', '%%').replaceAll('.', '%2E')

/** Values of metadata by their keys; of a key with several values one is enough. */
export function metadataOf(n: Narrow): [string, string[]][] {
  const all = new URLSearchParams(n.meta)
  return [...new Set(all.keys())].map((key) => [key, all.getAll(key)])
}

export const modelConditions = (n: Narrow, project?: string) => ({
  ...conditions(n, ['name', 'id', 'comment'], project),
  ...Object.fromEntries(metadataOf(n).map(([key, values]) => [`metadata.${escaped(key)}.value`, values])),
  framework: list(n.framework),
  ready: n.ready ? n.ready === '1' : undefined,
})

const taskFields = [
  'name', 'type', 'status', 'tags', 'system_tags', 'user.name', 'project.name', 'parent.name', 'comment', 'created', 'started', 'completed',
  'last_update', 'active_duration', 'last_iteration', 'last_metrics', 'runtime.progress', 'artifact_stats',
]

/** Tasks with the fields that a table shows; more, such as hyperparams.Args.lr, are asked for by name. */
export const tasks = (n: Narrow, project?: string, more: string[] = []) =>
  infiniteQueryOptions({
    queryKey: ['tasks', n, project, more],
    queryFn: async ({ pageParam, signal }) =>
      call<{ tasks: Task[]; scroll_id?: string }>(
        'tasks.get_all_ex',
        { ...(await taskConditions(n, project, signal)), only_fields: [...taskFields, ...more], size: pageParam ? MORE : PAGE, scroll_id: pageParam },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last, all) => (last.tasks.length < (all.length > 1 ? MORE : PAGE) ? undefined : last.scroll_id),
    placeholderData: (before) => before,
  })

const modelFields = [
  'name', 'framework', 'ready', 'tags', 'system_tags', 'user.name', 'project.name', 'task.name', 'comment', 'created', 'last_update', 'uri',
  'metadata', 'last_metrics', 'last_iteration',
]

export const models = (n: Narrow, project?: string) =>
  infiniteQueryOptions({
    queryKey: ['models', n, project],
    queryFn: ({ pageParam, signal }) =>
      call<{ models: Model[]; scroll_id?: string }>(
        'models.get_all_ex',
        { ...modelConditions(n, project), only_fields: modelFields, size: pageParam ? MORE : PAGE, scroll_id: pageParam },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last, all) => (last.models.length < (all.length > 1 ? MORE : PAGE) ? undefined : last.scroll_id),
    placeholderData: (before) => before,
  })

/** What people may choose from: tags, users, frameworks, metrics and parameters in use. */
export const tagsInUse = (kind: Kind) =>
  queryOptions({
    queryKey: ['tags', kind],
    queryFn: async ({ signal }) => (await call<{ tags: string[] }>(`projects.get_${kind}_tags`, {}, signal)).tags,
    staleTime: 60_000,
  })

export const usersInUse = queryOptions({
  queryKey: ['users', 'names'],
  queryFn: async ({ signal }) => (await call<{ users: Ref[] }>('projects.get_user_names', {}, signal)).users,
  staleTime: 60_000,
})

export const frameworks = queryOptions({
  queryKey: ['frameworks'],
  queryFn: async ({ signal }) => (await call<{ frameworks: string[] }>('models.get_frameworks', {}, signal)).frameworks.filter(Boolean),
  staleTime: 60_000,
})

export const queues = queryOptions({
  queryKey: ['queues'],
  queryFn: async ({ signal }) => (await call<{ queues: Ref[] }>('queues.get_all', {}, signal)).queues,
})

export const metadataInUse = (project?: string) =>
  queryOptions({
    queryKey: ['metadata keys', project],
    queryFn: async ({ signal }) => (await call<{ keys: string[] }>('projects.get_model_metadata_keys', { project }, signal)).keys,
    staleTime: 60_000,
  })

export const metadataValues = (key: string, project?: string) =>
  queryOptions({
    queryKey: ['metadata values', key, project],
    queryFn: async ({ signal }) =>
      (await call<{ values: string[] }>('projects.get_model_metadata_values', { key, projects: project ? [project] : undefined, page: 0, page_size: 100 }, signal)).values,
    staleTime: 60_000,
  })

export const metricsInUse = (project?: string, ofModels = false) =>
  queryOptions({
    queryKey: ['metrics', project, ofModels],
    queryFn: async ({ signal }) =>
      (await call<{ metrics: MetricName[] }>('projects.get_unique_metric_variants', { project, model_metrics: ofModels }, signal)).metrics,
    staleTime: 60_000,
  })

export const parametersInUse = (project?: string) =>
  queryOptions({
    queryKey: ['parameters', project],
    queryFn: async ({ signal }) =>
      (
        await call<{ parameters: { section: string; name: string }[] }>(
          'projects.get_hyper_parameters',
          { project, page: 0, page_size: 500 },
          signal,
        )
      ).parameters,
    staleTime: 60_000,
  })

/** Ids that one call of a change names: each change is a transaction of its own on the server. */
const AT_ONCE = 50

/** Changes many, a handful a call, and tells how far it is; failures come back one by one. */
export async function changeMany(endpoint: string, ids: string[], body: object = {}, progress?: (done: number) => void): Promise<Many> {
  const out: Many = { succeeded: [], failed: [] }
  for (let i = 0; i < ids.length; i += AT_ONCE) {
    const some = await call<Many>(endpoint, { ids: ids.slice(i, i + AT_ONCE), ...body })
    out.succeeded.push(...some.succeeded)
    out.failed.push(...some.failed)
    progress?.(Math.min(i + AT_ONCE, ids.length))
  }
  return out
}

/** Asks the server for a table of all rows that meet the conditions, and has the browser save it. */
export async function saveTable(kind: Kind, conditions: object, columns: { field: string; name: string }[]) {
  const { prepare_id } = await call<{ prepare_id: string }>('organization.prepare_download_for_get_all', {
    ...conditions,
    entity_type: kind,
    only_fields: columns.map((c) => c.field),
    field_mappings: columns,
  })
  const link = document.createElement('a')
  link.href = `/api/organization.download_for_get_all?${new URLSearchParams({ prepare_id })}`
  link.download = `${kind}s.csv`
  link.click()
}
