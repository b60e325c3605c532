/** What pages ask for, each under one key of the cache. */

import { QueryClient, infiniteQueryOptions, notifyManager, queryOptions } from '@tanstack/react-query'
import { Failure, call, own } from './client'
import { PAGE, literally, tagged } from './lists'
import type { Account, Artifact, FoundArtifact, KeyPair, Lineage, Model, Project, Snapshot, Task } from './types'

notifyManager.setScheduler(queueMicrotask) // a box that is ticked would else be drawn without its tick first

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What the server refused, it refuses again.
      retry: (count, error) => count < 2 && error instanceof Failure && (error.status === 0 || error.status >= 500),
    },
  },
})

export const me = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ signal }) => (await call<{ user: Account }>('users.get_current_user', {}, signal)).user,
  staleTime: 300_000,
})

export const signedIn = queryOptions({
  queryKey: ['modes'],
  queryFn: async ({ signal }) => (await call<{ authenticated: boolean }>('login.supported_modes', {}, signal)).authenticated,
})

/** One task without its artifacts, whose previews would make it large. */
export const task = (id: string) =>
  queryOptions({
    queryKey: ['task', id],
    queryFn: async ({ signal }) => {
      const found = await call<{ tasks: Task[] }>(
        'tasks.get_all_ex',
        {
          id: [id],
          search_hidden: true,
          only_fields: [
            'name', 'type', 'status', 'comment', 'tags', 'system_tags', 'user.name', 'project.name', 'parent.name', 'created', 'started',
            'completed', 'last_update', 'status_changed', 'status_reason', 'status_message', 'active_duration', 'last_iteration',
            'last_worker', 'last_metrics', 'output', 'script', 'container', 'runtime', 'hyperparams', 'configuration', 'models',
          ],
        },
        signal,
      )
      const one = found.tasks[0]
      if (!one) throw new Failure('There is no such task: it was deleted, or the address is wrong.', 404)
      return one
    },
  })

export const model = (id: string) =>
  queryOptions({
    queryKey: ['model', id],
    queryFn: async ({ signal }) => {
      const found = await call<{ models: Model[] }>(
        'models.get_all_ex',
        {
          id: [id],
          only_fields: [
            'name', 'uri', 'framework', 'ready', 'comment', 'created', 'last_update', 'tags', 'system_tags', 'user.name', 'project.name',
            'task.name', 'parent.name', 'labels', 'design', 'metadata', 'last_iteration', 'last_metrics',
          ],
        },
        signal,
      )
      const one = found.models[0]
      if (!one) throw new Failure('There is no such model: it was deleted, or the address is wrong.', 404)
      return one
    },
  })

/** The models that a task names, as far as they still exist. */
export const modelsByID = (ids: string[]) =>
  queryOptions({
    queryKey: ['models', 'by id', ids],
    queryFn: async ({ signal }) =>
      (
        await call<{ models: Model[] }>(
          'models.get_all_ex',
          { id: ids, only_fields: ['name', 'framework', 'ready', 'created', 'last_update'], page: 0, page_size: 500 },
          signal,
        )
      ).models,
    enabled: ids.length > 0,
    placeholderData: (before) => before,
  })

export const snapshots = (modelID: string) =>
  queryOptions({
    queryKey: ['snapshots', modelID],
    queryFn: async ({ signal }) =>
      (await call<{ versions: Snapshot[] }>('models.get_versions', { model: modelID, page: 0, page_size: 500 }, signal)).versions,
  })

export const lineage = (modelID: string, limit: number) =>
  queryOptions({
    queryKey: ['lineage', modelID, limit],
    queryFn: ({ signal }) => own<Lineage>('lineage', { model: modelID, limit }, { signal }),
  })

export const artifacts = (taskID: string) =>
  queryOptions({
    queryKey: ['artifacts', taskID],
    queryFn: async ({ signal }) => {
      const all: Artifact[] = []
      let after: string | undefined
      do {
        const page = await own<{ artifacts: Artifact[]; next?: string }>(`tasks/${taskID}/artifacts`, { limit: 500, after }, { signal })
        all.push(...page.artifacts)
        after = page.next
      } while (after)
      return all
    },
  })

export const artifact = (taskID: string, key: string, mode: string) =>
  queryOptions({
    queryKey: ['artifact', taskID, key, mode],
    queryFn: ({ signal }) => own<Artifact>(`tasks/${taskID}/artifact`, { key, mode }, { signal }),
  })

export const versions = (taskID: string, key: string, mode: string) =>
  queryOptions({
    queryKey: ['versions', taskID, key, mode],
    queryFn: async ({ signal }) =>
      (await own<{ versions: Artifact[] }>(`tasks/${taskID}/artifact/versions`, { key, mode }, { signal })).versions,
  })

/** How artifacts across tasks are searched. */
export interface ArtifactSearch {
  name?: string
  type?: string
  state?: string
  digest?: string
  project?: string
}

export const search = (what: ArtifactSearch) =>
  infiniteQueryOptions({
    queryKey: ['search', what],
    queryFn: ({ pageParam, signal }) =>
      own<{ artifacts: FoundArtifact[]; next?: string }>('artifacts', { ...what, limit: PAGE, after: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next,
    placeholderData: (before) => before,
  })

/** Which projects, and in what order. */
export interface ProjectChoice {
  under?: string // the name of the parent, of which all below is meant
  hidden?: boolean
  byName?: boolean
  user?: string
  level?: boolean // only those directly below
  re?: boolean // q is a regular expression
  tags?: string // parted by commas; -x is none of those
  all?: boolean // all tags instead of any
}

export const projects = (q = '', { under, hidden, byName, user, level, re, tags, all }: ProjectChoice = {}) =>
  queryOptions({
    queryKey: ['projects', q, under, hidden, byName, user, level, re, tags, all],
    queryFn: async ({ signal }) => {
      const found = (
        await call<{ projects: Project[] }>(
          'projects.get_all_ex',
          {
            include_stats: true,
            stats_for_state: 'active',
            order_by: [byName ? 'name' : '-last_update'],
            _any_: q ? { fields: ['name', 'id'], pattern: re ? q : `(?i)${literally(q)}` } : undefined,
            name: under && !q ? `^${literally(under)}/${level ? '[^/]+$' : ''}` : undefined,
            shallow_search: (level && !q && !under) || undefined,
            tags: tagged(tags, !!all),
            search_hidden: hidden || undefined,
            active_users: user ? [user] : undefined,
            page: 0,
            page_size: 500,
          },
          signal,
        )
      ).projects
      return under && q ? found.filter((p) => p.name.startsWith(`${under}/`)) : found
    },
    placeholderData: (before) => before,
  })

export const projectTags = queryOptions({
  queryKey: ['tags', 'project'],
  queryFn: async ({ signal }) => (await call<{ tags: string[] }>('projects.get_project_tags', {}, signal)).tags,
  staleTime: 60_000,
})

export const project = (id: string) =>
  queryOptions({
    queryKey: ['project', id],
    queryFn: async ({ signal }) => (await call<{ project: Project }>('projects.get_by_id', { project: id }, signal)).project,
  })

export const keys = queryOptions({
  queryKey: ['keys'],
  queryFn: async ({ signal }) => (await call<{ credentials: KeyPair[] }>('auth.get_credentials', {}, signal)).credentials,
})
