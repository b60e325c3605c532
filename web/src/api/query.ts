/** What pages ask for, each under one key of the cache. */

import { QueryClient, infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { Failure, call, own } from './client'
import type { Account, Artifact, FoundArtifact, KeyPair, LogLine, Project, Task } from './types'

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5_000,
      // What the server refused, it refuses again.
      retry: (count, error) => count < 2 && error instanceof Failure && (error.status === 0 || error.status >= 500),
    },
  },
})

/** Rows of one page of a list. */
export const PAGE = 100

export const me = queryOptions({
  queryKey: ['me'],
  queryFn: async ({ signal }) => (await call<{ user: Account }>('users.get_current_user', {}, signal)).user,
  staleTime: 300_000,
})

export const signedIn = queryOptions({
  queryKey: ['modes'],
  queryFn: async ({ signal }) => (await call<{ authenticated: boolean }>('login.supported_modes', {}, signal)).authenticated,
})

/** How a list of tasks is narrowed and ordered. */
export interface TaskList {
  project?: string
  q?: string
  status?: string[]
  tags?: string[]
  archived?: boolean
  sort?: string
  mine?: string
}

const taskFields = [
  'name', 'type', 'status', 'tags', 'user.name', 'project.name', 'created', 'started', 'completed', 'last_update',
  'active_duration', 'last_iteration', 'last_metrics',
]

/** Text in a pattern that means only itself. */
export const literally = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')

export const tasks = (list: TaskList) =>
  infiniteQueryOptions({
    queryKey: ['tasks', list],
    queryFn: async ({ pageParam, signal }) =>
      call<{ tasks: Task[]; scroll_id?: string }>(
        'tasks.get_all_ex',
        {
          only_fields: taskFields,
          project: list.project ? [list.project] : undefined,
          include_subprojects: list.project ? true : undefined,
          status: list.status?.length ? list.status : undefined,
          user: list.mine ? [list.mine] : undefined,
          tags: list.tags?.length ? ['__$all', ...list.tags] : undefined,
          system_tags: [list.archived ? 'archived' : '-archived'],
          _any_: list.q ? { fields: ['name', 'id', 'comment'], pattern: literally(list.q) } : undefined,
          order_by: [list.sort || '-last_update'],
          size: PAGE,
          scroll_id: pageParam,
        },
        signal,
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (last) => (last.tasks.length < PAGE ? undefined : last.scroll_id),
    placeholderData: (before) => before,
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

export const projects = (q = '') =>
  queryOptions({
    queryKey: ['projects', q],
    queryFn: async ({ signal }) =>
      (
        await call<{ projects: Project[] }>(
          'projects.get_all_ex',
          {
            include_stats: true,
            stats_for_state: 'active',
            order_by: ['-last_update'],
            name: q ? `(?i)${literally(q)}` : undefined,
            page: 0,
            page_size: 200,
          },
          signal,
        )
      ).projects,
    placeholderData: (before) => before,
  })

export const project = (id: string) =>
  queryOptions({
    queryKey: ['project', id],
    queryFn: async ({ signal }) => (await call<{ project: Project }>('projects.get_by_id', { project: id }, signal)).project,
  })

/** Lines of one reply of the console. */
export const LINES = 500

export const consoleLog = (taskID: string) =>
  infiniteQueryOptions({
    queryKey: ['console', taskID],
    // The newest lines first; further pages go back from the oldest seen.
    queryFn: ({ pageParam, signal }) =>
      call<{ events: LogLine[]; total: number }>(
        'events.get_task_log',
        { task: taskID, batch_size: LINES, navigate_earlier: true, from_timestamp: pageParam || undefined, order: 'asc' },
        signal,
      ),
    initialPageParam: 0,
    getNextPageParam: (last) => (last.events.length < LINES ? undefined : last.events[0]?.timestamp),
  })

export const keys = queryOptions({
  queryKey: ['keys'],
  queryFn: async ({ signal }) => (await call<{ credentials: KeyPair[] }>('auth.get_credentials', {}, signal)).credentials,
})
