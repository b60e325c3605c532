/** The addresses of all pages. What somebody set up on a page is in its address. */

import { createRootRoute, createRoute, createRouter, lazyRouteComponent, redirect, retainSearchParams } from '@tanstack/react-router'
import { me, project, queryClient, signedIn } from './api/query'
import { preferences } from './lib/preferences'
import { partNames } from './preview/types'
import { Shell, Page } from './shell/Shell'
import { Empty, Failed } from './ui/Parts'

type Search = Record<string, unknown>

/** The texts of a query that a page knows; the rest is dropped, and so is what is empty. */
const texts =
  <K extends string>(...names: K[]) =>
  (search: Search): Partial<Record<K, string>> =>
    Object.fromEntries(
      names.flatMap((n) => (search[n] !== undefined && search[n] !== null && search[n] !== '' ? [[n, String(search[n])]] : [])),
    ) as Partial<Record<K, string>>

const root = createRootRoute({
  notFoundComponent: () => (
    <Page title="Not found" crumbs={[{ name: 'Not found' }]}>
      <Empty title="There is no page at this address." />
    </Page>
  ),
})

const login = createRoute({
  getParentRoute: () => root,
  path: '/login',
  validateSearch: texts('next', 'invitation'),
  component: lazyRouteComponent(() => import('./page/Login'), 'Login'),
})

/** Everything that needs somebody who is signed in. */
const inside = createRoute({
  getParentRoute: () => root,
  id: 'inside',
  component: Shell,
  beforeLoad: async ({ location }) => {
    // Asked without credentials, too: a call that is refused would look like an error.
    if (!(await queryClient.fetchQuery({ ...signedIn, staleTime: 60_000 }))) {
      throw redirect({ to: '/login', search: location.href === '/' ? {} : { next: location.href } })
    }
    // With what is preferred, so that nothing changes its colour once it is seen; without it if need be.
    await Promise.all([queryClient.ensureQueryData(me), queryClient.ensureQueryData(preferences).catch(() => undefined)])
  },
  errorComponent: ({ error, reset }) => <Failed error={error} retry={reset} what="Coffer" />,
})

const narrowing = ['q', 're', 'by', 'tags', 'all', 'user', 'archived', 'sort', 'since', 'it', 'f', 'cols', 'own'] as const
const listSearch = texts(...narrowing, 'status', 'type', 'view')
const modelSearch = texts(...narrowing, 'framework', 'ready', 'meta')

/** In addresses that the SDK prints, * in the place of a project means all. */
const ofAll =
  (to: '/tasks' | '/models' | '/artifacts') =>
  ({ params, search }: { params: { pid: string }; search: object }) => {
    if (params.pid === '*') throw redirect({ to, search })
  }

const home = createRoute({ getParentRoute: () => inside, path: '/', component: lazyRouteComponent(() => import('./page/Home'), 'Home') })
const welcome = createRoute({ getParentRoute: () => inside, path: '/welcome', component: lazyRouteComponent(() => import('./page/Welcome'), 'Welcome') })
const projects = createRoute({
  getParentRoute: () => inside,
  path: '/projects',
  validateSearch: texts('q', 're', 'under', 'hidden', 'sort', 'mine', 'tags', 'all'),
  component: lazyRouteComponent(() => import('./page/Projects'), 'Projects'),
})
const projectTasks = createRoute({
  getParentRoute: () => inside,
  path: '/projects/$pid/tasks',
  validateSearch: listSearch,
  beforeLoad: ofAll('/tasks'),
  component: lazyRouteComponent(() => import('./page/Tasks'), 'ProjectTasks'),
})
/** A project opens with what is written about it, or else with its tasks. */
const oneProject = createRoute({
  getParentRoute: () => inside,
  path: '/projects/$pid',
  beforeLoad: async ({ params }) => {
    const found = params.pid === '*' ? undefined : await queryClient.fetchQuery(project(params.pid)).catch(() => undefined)
    throw redirect({ to: found?.description ? '/projects/$pid/overview' : '/projects/$pid/tasks', params, replace: true })
  },
})
const projectOverview = createRoute({
  getParentRoute: () => inside,
  path: '/projects/$pid/overview',
  validateSearch: texts('metric'),
  component: lazyRouteComponent(() => import('./page/Overview'), 'ProjectOverview'),
})
const projectArtifacts = createRoute({
  getParentRoute: () => inside,
  path: '/projects/$pid/artifacts',
  validateSearch: texts('name', 'type', 'state', 'digest'),
  beforeLoad: ofAll('/artifacts'),
  component: lazyRouteComponent(() => import('./page/Artifacts'), 'ProjectArtifacts'),
})
const allTasks = createRoute({
  getParentRoute: () => inside,
  path: '/tasks',
  validateSearch: listSearch,
  component: lazyRouteComponent(() => import('./page/Tasks'), 'AllTasks'),
})
const allArtifacts = createRoute({
  getParentRoute: () => inside,
  path: '/artifacts',
  validateSearch: texts('name', 'type', 'state', 'digest'),
  component: lazyRouteComponent(() => import('./page/Artifacts'), 'AllArtifacts'),
})
const allModels = createRoute({
  getParentRoute: () => inside,
  path: '/models',
  validateSearch: modelSearch,
  component: lazyRouteComponent(() => import('./page/Models'), 'AllModels'),
})
const projectModels = createRoute({
  getParentRoute: () => inside,
  path: '/projects/$pid/models',
  validateSearch: modelSearch,
  beforeLoad: ofAll('/models'),
  component: lazyRouteComponent(() => import('./page/Models'), 'ProjectModels'),
})
const compareModels = createRoute({
  getParentRoute: () => inside,
  path: '/models/compare',
  validateSearch: texts('ids', 'differ'),
  component: lazyRouteComponent(() => import('./page/Compare'), 'CompareModels'),
})
// The list beside a model or a task stays there from part to part and from one to the next.
const oneModel = createRoute({
  getParentRoute: () => inside,
  path: '/models/$mid/$tab',
  validateSearch: texts('node', 'limit', ...narrowing, 'status', 'view', 'axis', 'group', 'hide', 'log', 'smooth', 'full', 'models'),
  search: { middlewares: [retainSearchParams(['models'])] },
  component: lazyRouteComponent(() => import('./page/model/ModelPage'), 'ModelPage'),
})
const oneTask = createRoute({
  getParentRoute: () => inside,
  path: '/tasks/$tid/$tab',
  validateSearch: texts('key', 'mode', 'v', 'view', 'q', 'sort', ...partNames, 'axis', 'group', 'hide', 'log', 'metric', 'sample', 're', 'at', 'smooth', 'full', 'list'),
  search: { middlewares: [retainSearchParams(['list'])] },
  component: lazyRouteComponent(() => import('./page/task/TaskPage'), 'TaskPage'),
})
const settings = createRoute({
  getParentRoute: () => inside,
  path: '/settings/$part',
  component: lazyRouteComponent(() => import('./page/Settings'), 'Settings'),
})

// Addresses that the Python SDK prints: a project, then the task and one of its pages.
const tabOf = (rest: string) => (/artifacts/.test(rest) ? 'artifacts' : /log|output$/.test(rest) ? 'console' : /metrics|scalars/.test(rest) ? 'scalars' : /plots/.test(rest) ? 'plots' : /debug/.test(rest) ? 'samples' : /info/.test(rest) ? 'info' : 'artifacts')
const printed = (path: string) =>
  createRoute({
    getParentRoute: () => root,
    path,
    beforeLoad: ({ params }) => {
      const { tid, _splat } = params as { tid: string; _splat?: string }
      throw redirect({ to: '/tasks/$tid/$tab', params: { tid, tab: tabOf(_splat ?? '') } })
    },
  })
const plainTask = createRoute({
  getParentRoute: () => root,
  path: '/tasks/$tid',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/tasks/$tid/$tab', params: { ...params, tab: 'artifacts' } })
  },
})

const plainModel = createRoute({
  getParentRoute: () => root,
  path: '/models/$mid',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/models/$mid/$tab', params: { ...params, tab: 'general' } })
  },
})
const printedModel = createRoute({
  getParentRoute: () => root,
  path: '/projects/$pid/models/$mid/$',
  beforeLoad: ({ params }) => {
    throw redirect({ to: '/models/$mid/$tab', params: { mid: params.mid, tab: 'general' } })
  },
})

export const router = createRouter({
  routeTree: root.addChildren([
    login,
    inside.addChildren([home, welcome, projects, oneProject, projectOverview, projectTasks, projectArtifacts, allTasks, allArtifacts, allModels, projectModels, compareModels, oneModel, oneTask, settings]),
    printed('/projects/$pid/experiments/$tid/$'),
    printed('/projects/$pid/tasks/$tid/$'),
    printed('/datasets/simple/$pid/experiments/$tid'),
    plainTask,
    plainModel,
    printedModel,
  ]),
  // Texts stay texts: an id of digits is no number.
  parseSearch: (text) => Object.fromEntries(new URLSearchParams(text)),
  stringifySearch: (search) => {
    const text = new URLSearchParams(
      Object.entries(search).flatMap(([k, v]) => (v === undefined || v === '' ? [] : [[k, String(v)]])),
    ).toString()
    return text && '?' + text
  },
  defaultPreload: false,
})

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router
  }
}
