/** The ways to look at a list of tasks, and how the page of a task tells which list stands beside it. */

import { SegmentedControl } from '@mantine/core'
import { useNavigate, type LinkProps } from '@tanstack/react-router'
import { Icon, type IconName } from '../ui/Icon'
import type { ListSearch } from './ItemTable'

/** A list of tasks: of a project or of all, and how it is narrowed and ordered. */
export interface Listed {
  pid?: string
  search: ListSearch
}

/** The list as one text of an address; its own views are no part of it. */
export function listText({ pid, search: { view: _, cols: __, ...narrow } }: Listed): string {
  const query = new URLSearchParams(Object.entries(narrow).filter(([, v]) => v)).toString()
  return `${pid ?? '*'}${query && `?${query}`}`
}

export function listOf(text: string | undefined): Listed | undefined {
  if (!text) return undefined
  const [project = '', query = ''] = text.split(/\?(.*)/s)
  return { pid: project === '*' ? undefined : project, search: Object.fromEntries(new URLSearchParams(query)) }
}

export const listLink = ({ pid, search }: Listed): LinkProps =>
  (pid ? { to: '/projects/$pid/tasks', params: { pid }, search } : { to: '/tasks', search }) as LinkProps

type View = 'table' | 'details' | 'charts'

const names: Record<View, string> = { table: 'Table', details: 'Details', charts: 'Charts' }
const icons: Record<View, IconName> = { table: 'table', details: 'side', charts: 'chart' }

/** Switches between a table, one task after another beside their list, and the curves of many. */
export function Views({ view, list, first }: { view: View; list: Listed; first: string | undefined }) {
  const navigate = useNavigate()
  const go = (to: View) =>
    to === 'details'
      ? first && navigate({ to: '/tasks/$tid/$tab', params: { tid: first, tab: 'artifacts' }, search: { list: listText(list) } })
      : navigate(listLink({ pid: list.pid, search: { ...list.search, view: to === 'charts' ? to : '' } }) as never)
  return (
    <SegmentedControl
      size="xs"
      aria-label="View of the list"
      value={view}
      onChange={(v) => void go(v as View)}
      data={(['table', 'details', 'charts'] as const).map((v) => ({
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
