/** The ways to look at a list of tasks or models, and how the page of one tells which list stands beside it. */

import { SegmentedControl } from '@mantine/core'
import { useNavigate, type LinkProps } from '@tanstack/react-router'
import type { Kind } from '../api/types'
import { Icon, type IconName } from '../ui/Icon'
import type { ListSearch } from './ItemTable'

/** A list: of a project or of all, and how it is narrowed and ordered. */
export interface Listed {
  kind: Kind
  pid?: string
  search: ListSearch
}

type View = 'table' | 'details' | 'charts'

/** Of each kind: the page of one, the name of its list in that page's address, and the views of the list. */
const kinds = {
  task: { to: '/tasks/$tid/$tab', id: 'tid', first: 'artifacts', list: 'list', views: ['table', 'details', 'charts'] },
  model: { to: '/models/$mid/$tab', id: 'mid', first: 'general', list: 'models', views: ['table', 'details'] },
} satisfies Record<Kind, { to: string; id: string; first: string; list: string; views: View[] }>

/** The list as one text of an address; its own views are no part of it. */
export function listText({ pid, search: { view: _, cols: __, ...narrow } }: Listed): string {
  const query = new URLSearchParams(Object.entries(narrow).filter(([, v]) => v)).toString()
  return `${pid ?? '*'}${query && `?${query}`}`
}

export function listOf(kind: Kind, text: string | undefined): Listed | undefined {
  if (!text) return undefined
  const [project = '', query = ''] = text.split(/\?(.*)/s)
  return { kind, pid: project === '*' ? undefined : project, search: Object.fromEntries(new URLSearchParams(query)) }
}

const listLink = ({ kind, pid, search }: Listed): LinkProps =>
  (pid ? { to: `/projects/$pid/${kind}s`, params: { pid }, search } : { to: `/${kind}s`, search }) as LinkProps

/** What the address of a page says of the list beside it; nothing takes the list away. */
export const besideSearch = (kind: Kind, list?: Listed) => ({ [kinds[kind].list]: list ? listText(list) : '' })

/** One of a list, beside it. */
export function besideLink(list: Listed, id: string, tab: string = kinds[list.kind].first): LinkProps {
  const page = kinds[list.kind]
  return { to: page.to, params: { [page.id]: id, tab }, search: besideSearch(list.kind, list) } as LinkProps
}

const names: Record<View, string> = { table: 'Table', details: 'Details', charts: 'Charts' }
const icons: Record<View, IconName> = { table: 'table', details: 'side', charts: 'chart' }

/** Switches between a table, one after another beside their list, and what else there is. */
export function Views({ view, list, first }: { view: View; list: Listed; first: string | undefined }) {
  const navigate = useNavigate()
  const go = (to: View) =>
    to === 'details'
      ? first && navigate(besideLink(list, first) as never)
      : navigate(listLink({ ...list, search: { ...list.search, view: to === 'charts' ? to : '' } }) as never)
  return (
    <SegmentedControl
      size="xs"
      aria-label="View of the list"
      value={view}
      onChange={(v) => void go(v as View)}
      data={kinds[list.kind].views.map((v) => ({
        value: v,
        disabled: v === 'details' && !first,
        label: (
          <span className="row" title={names[v]}>
            <Icon name={icons[v]} size={14} />
            <span className="hidden">{names[v]}</span>
          </span>
        ),
      }))}
    />
  )
}
