import { ActionIcon, Drawer, Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { useLocalStorage, useMediaQuery } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import { useState, type ReactNode } from 'react'
import { call } from '../api/client'
import { me, queryClient } from '../api/query'
import { Icon, type IconName } from '../ui/Icon'
import { Person } from '../ui/Parts'
import { Keys, openSearch } from './Keys'
import './shell.css'

const places: [string, string, IconName][] = [
  ['/', 'Home', 'home'],
  ['/projects', 'Projects', 'folder'],
  ['/tasks', 'Tasks', 'task'],
  ['/models', 'Models', 'cube'],
  ['/artifacts', 'Artifacts', 'box'],
]

function Sidebar({ narrow, toggle, close }: { narrow: boolean; toggle?: () => void; close?: () => void }) {
  const path = useRouterState({ select: (s) => s.location.pathname })
  const account = useQuery(me)
  const active = (to: string) => (to === '/' ? path === '/' : path.startsWith(to))
  const item = (to: string, label: string, icon: ReactNode) => (
    <Tooltip key={to} label={label} position="right" disabled={!narrow}>
      <Link to={to} className={active(to) ? 'place active' : 'place'} aria-current={active(to) ? 'page' : undefined} onClick={close} aria-label={label}>
        {icon}
        {!narrow && <span>{label}</span>}
      </Link>
    </Tooltip>
  )
  return (
    <div className={narrow ? 'side narrow' : 'side'}>
      <div className="brand">
        <img src="/coffer.svg" alt="" width="20" height="20" />
        {!narrow && <span>Coffer</span>}
        {toggle && (
          <ActionIcon variant="subtle" color="gray" onClick={toggle} aria-label={narrow ? 'Widen the sidebar' : 'Narrow the sidebar'} aria-keyshortcuts="[">
            <Icon name="side" />
          </ActionIcon>
        )}
      </div>
      <nav aria-label="Places">{places.map(([to, label, icon]) => item(to, label, <Icon name={icon} />))}</nav>
      <div className="grow" />
      <nav aria-label="You">
        {item('/settings/profile', 'Settings', <Icon name="gear" />)}
        {account.data && (
          <div className="place who">
            <Person name={account.data.name} only={narrow} />
            {!narrow && (
              <button type="button" className="signout" onClick={signOut}>
                Sign out
              </button>
            )}
          </div>
        )}
      </nav>
    </div>
  )
}

async function signOut() {
  await call('auth.logout').catch(() => undefined) // the session may be over already
  queryClient.clear()
  location.assign('/login')
}

/** Every page of somebody who is signed in: sidebar, and the page itself in `main`. */
export function Shell() {
  const [narrow, setNarrow] = useLocalStorage({ key: 'coffer.side', defaultValue: false, getInitialValueInEffect: false })
  const small = useMediaQuery('(max-width: 640px)', undefined, { getInitialValueInEffect: false })
  const middle = useMediaQuery('(max-width: 1100px)', undefined, { getInitialValueInEffect: false })
  const [open, setOpen] = useState(false)
  return (
    <div className="shell">
      <a className="skip" href="#main">
        Skip to the content
      </a>
      <Keys toggleSide={() => setNarrow(!narrow)} />
      {small ? (
        <Drawer opened={open} onClose={() => setOpen(false)} size={260} title="Coffer" padding="xs">
          <Sidebar narrow={false} close={() => setOpen(false)} />
        </Drawer>
      ) : (
        <Sidebar narrow={narrow || !!middle} toggle={middle ? undefined : () => setNarrow(!narrow)} />
      )}
      <div className="page">
        <Outlet />
      </div>
      {small && (
        <ActionIcon className="burger" variant="subtle" color="gray" size={44} aria-label="Open the menu" onClick={() => setOpen(true)}>
          <Icon name="menu" size={20} />
        </ActionIcon>
      )}
    </div>
  )
}

export interface Crumb {
  name: string
  to?: string
  params?: Record<string, string>
  search?: Record<string, string>
}

/** The bar over a page: where it is, help and the colour scheme. */
export function TopBar({ crumbs }: { crumbs: Crumb[] }) {
  const { setColorScheme } = useMantineColorScheme()
  const dark = useComputedColorScheme('light') === 'dark'
  return (
    <header className="top">
      <nav aria-label="Breadcrumbs" className="crumbs">
        <ol>
          {crumbs.map((c, i) => (
            <li key={i} aria-current={i === crumbs.length - 1 ? 'page' : undefined}>
              {c.to && i < crumbs.length - 1 ? (
                <Link to={c.to} params={c.params} search={c.search as never}>
                  {c.name}
                </Link>
              ) : (
                <span className={i === crumbs.length - 1 ? 'strong' : 'second'}>{c.name}</span>
              )}
            </li>
          ))}
        </ol>
      </nav>
      <Tooltip label="Search everything (Ctrl K)">
        <ActionIcon variant="subtle" color="gray" aria-label="Search everything" aria-keyshortcuts="Control+K" onClick={openSearch}>
          <Icon name="search" />
        </ActionIcon>
      </Tooltip>
      <Tooltip label={dark ? 'Light' : 'Dark'}>
        <ActionIcon variant="subtle" color="gray" aria-label={dark ? 'Light colours' : 'Dark colours'} onClick={() => setColorScheme(dark ? 'light' : 'dark')}>
          <Icon name={dark ? 'sun' : 'moon'} />
        </ActionIcon>
      </Tooltip>
    </header>
  )
}

/** The crumbs of a project: one for each level; those above are found by their names. */
export function projectCrumbs(name: string | undefined, id: string | undefined, part: 'tasks' | 'models' = 'tasks'): Crumb[] {
  const parts = (name ?? '').split('/').filter(Boolean)
  return [
    { name: 'Projects', to: '/projects' },
    ...parts.map((one, i) =>
      i === parts.length - 1 && id
        ? { name: one, to: `/projects/$pid/${part}`, params: { pid: id } }
        : { name: one, to: '/projects', search: { under: parts.slice(0, i + 1).join('/') } },
    ),
  ]
}

/** A page: its bar, one h1, and its name in the title of the window. */
export function Page({ title, crumbs, children }: { title: string; crumbs: Crumb[]; children: ReactNode }) {
  return (
    <>
      <title>{title === 'Coffer' ? title : `${title} · Coffer`}</title>
      <TopBar crumbs={crumbs} />
      <main id="main" tabIndex={-1}>
        {children}
      </main>
    </>
  )
}
