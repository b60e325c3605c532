/** The table of tasks and that of models: what narrows them, columns, rows, and what is done to those that are ticked. */

import { ActionIcon, Tooltip } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useCallback, useState, type ReactNode } from 'react'
import { saveTable, type Narrow } from '../api/lists'
import type { Kind, Model, Task } from '../api/types'
import { count } from '../lib/format'
import { ColumnChooser, useColumns, type Known } from '../ui/Columns'
import { Icon } from '../ui/Icon'
import { Empty, Failed, Waiting } from '../ui/Parts'
import { Rows, type Column } from '../ui/Rows'
import { BulkBar } from './Bulk'
import { Narrowing, isNarrowed, type Facet } from './Narrowing'

export interface ListSearch extends Narrow {
  cols?: string
  view?: string // "charts" in place of a table
}

const latest = '-last_update'

/** What of a table stands in its address, and how that changes. */
export function useTable(kind: Kind, search: ListSearch, pid: string | undefined, ofAll: string[]) {
  const navigate = useNavigate()
  const { cols, view: _, ...narrow } = search
  const key = `${kind}s${pid ? `.${pid}${narrow.own ? '.own' : ''}` : ''}`
  const usual = pid ? ofAll.filter((c) => c !== 'project') : ofAll
  const { ids, keep, widths, setWidths } = useColumns(key, cols, usual)
  const set = (change: Partial<ListSearch>) =>
    navigate({
      to: pid ? `/projects/$pid/${kind}s` : `/${kind}s`,
      params: pid ? { pid } : {},
      search: { ...search, ...change } as never,
      replace: true,
    })
  const choose = (next: string[]) => {
    keep(next)
    void set({ cols: next.join() === usual.join() ? '' : next.join(',') })
  }
  return {
    kind,
    pid,
    narrow,
    ids,
    choose,
    reset() {
      choose(usual)
      setWidths({})
    },
    // With and without subprojects a table has columns of its own.
    set: (change: Partial<ListSearch>) => set('own' in change ? { ...change, cols: '' } : change),
    layout: {
      widths,
      resize: (id: string, width: number) => setWidths({ ...widths, [id]: width }),
      move(id: string, to: string) {
        const rest = ids.filter((x) => x !== id)
        if (rest.length < ids.length && id !== to) choose(rest.toSpliced(ids.indexOf(to), 0, id))
      },
    },
    addTag: (tag: string) => void set({ tags: [...new Set([...(search.tags?.split(',') ?? []), tag])].join(',') }),
  }
}

/** As far as the table needs a list that is read page by page. */
export interface List {
  data: unknown
  error: unknown
  isPending: boolean
  hasNextPage: boolean
  isFetchingNextPage: boolean
  fetchNextPage: () => unknown
  refetch: () => unknown
}

interface Props<T extends Task | Model> {
  table: ReturnType<typeof useTable>
  list: List
  rows: T[]
  facets: Facet[]
  known: Known[]
  columns: Column<T>[]
  conditions: () => object | Promise<object> // of what is saved as CSV
  csvField: (id: string) => string
  tools?: ReactNode
  none: ReactNode // in place of rows where nothing was ever made
  open: (item: T) => void
  draw?: (rows: T[], chosen: T[]) => ReactNode // in place of the table
}

export function ItemTable<T extends Task | Model>({ table, list, rows, facets, known, columns, conditions, csvField, tools, none, open, draw }: Props<T>) {
  const { kind, narrow, set } = table
  const [chosen, setChosen] = useState<Set<string>>(new Set())
  const chosenRows = rows.filter((r) => chosen.has(r.id))
  const more = useCallback(() => void (!list.isFetchingNextPage && list.fetchNextPage()), [list])
  const label = kind === 'task' ? 'Tasks' : 'Models'
  return (
    <>
      {narrow.archived && <div className="strip">Archive</div>}
      <Narrowing
        kind={kind}
        narrow={narrow}
        set={set}
        facets={facets}
        project={table.pid}
        shown={!!list.data && `${count(rows.length)}${list.hasNextPage ? '+' : ''} ${kind}s`}
        tools={
          <>
            {tools}
            <Tooltip label="Download as CSV">
              <ActionIcon
                variant="default"
                size={28}
                aria-label="Download the table as CSV"
                onClick={async () => saveTable(kind, await conditions(), columns.map((c) => ({ field: csvField(c.id), name: c.title })))}
              >
                <Icon name="down" size={14} />
              </ActionIcon>
            </Tooltip>
            <ColumnChooser known={known} chosen={table.ids} change={table.choose} reset={table.reset} />
          </>
        }
      />
      {!!list.error && <Failed error={list.error} retry={() => list.refetch()} what={label} />}
      {list.isPending && <Waiting rows={12} />}
      {!!list.data && rows.length === 0 && (
        isNarrowed(narrow) ? (
          <Empty title={`No ${kind} matches.`}>Remove a filter, or clear them all.</Empty>
        ) : narrow.archived ? (
          <Empty title="The archive is empty." />
        ) : (
          none
        )
      )}
      {rows.length > 0 && draw?.(rows, chosenRows)}
      {rows.length > 0 && !draw && (
        <Rows
          rows={rows}
          columns={columns}
          rowKey={(r) => r.id}
          rowName={(r) => r.name}
          layout={table.layout}
          choice={{ chosen, change: setChosen }}
          label={label}
          sort={narrow.sort ?? latest}
          onSort={(sort) => set({ sort: sort === latest ? '' : sort })}
          onOpen={open}
          double
          more={more}
          hasMore={list.hasNextPage}
        />
      )}
      {chosenRows.length > 0 && <BulkBar kind={kind} items={chosenRows} total={`of ${count(rows.length)} shown`} clear={() => setChosen(new Set())} />}
    </>
  )
}
