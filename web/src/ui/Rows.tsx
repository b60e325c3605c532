import { Checkbox } from '@mantine/core'
import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react'
import { Heading, type Layout } from './Heading'
import './rows.css'

export interface Column<T> {
  id: string
  title: string
  width: string // of a grid column
  number?: boolean
  sort?: string // the field by which the server orders
  cell: (row: T) => ReactNode
}

/** Which rows are ticked, by their keys. */
export interface Choice {
  chosen: ReadonlySet<string>
  change: (chosen: Set<string>) => void
}

interface Props<T> {
  rows: T[]
  columns: Column<T>[]
  rowKey: (row: T) => string
  rowName?: (row: T) => string // for the boxes that tick rows
  choice?: Choice
  layout?: Layout
  label: string
  sort?: string
  onSort?: (sort: string) => void
  onOpen?: (row: T) => void
  double?: boolean // by two clicks
  more?: () => void // fetches the next page
  hasMore?: boolean
  height?: number
}

/** A table of rows of one height, of which only those in sight are drawn. Shift ticks all up to the row ticked before. */
export function Rows<T>({ rows, columns, rowKey, rowName, choice, layout, label, sort, onSort, onOpen, double, more, hasMore, height = 36 }: Props<T>) {
  const scroller = useRef<HTMLDivElement>(null)
  const before = useRef(-1) // the row that was ticked last
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 20,
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    // Far ahead of what is in sight, so that nobody scrolls into a gap.
    if (hasMore && last >= rows.length - 300) more?.()
  }, [last, rows.length, hasMore, more])
  const template = { gridTemplateColumns: [...(choice ? ['20px'] : []), ...columns.map((c) => (layout?.widths[c.id] ? `${layout.widths[c.id]}px` : c.width))].join(' ') }
  const all = !!choice && rows.length > 0 && rows.every((r) => choice.chosen.has(rowKey(r)))
  function tick(index: number, range: boolean) {
    if (!choice) return
    const next = new Set(choice.chosen)
    const on = !next.has(rowKey(rows[index] as T))
    const from = range && before.current >= 0 ? before.current : index
    for (let i = Math.min(from, index); i <= Math.max(from, index); i++) {
      const key = rowKey(rows[i] as T)
      if (on) next.add(key)
      else next.delete(key)
    }
    before.current = index
    choice.change(next)
  }
  /** Arrows go from row to row; space ticks, x too; enter opens. */
  function press(e: KeyboardEvent<HTMLDivElement>) {
    const at = (e.target as Element).closest<HTMLElement>('[data-row]')
    const index = at ? Number(at.dataset.row) : -1
    const move = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[e.key]
    if (move && !e.ctrlKey && !e.metaKey) {
      const to = Math.max(0, Math.min(rows.length - 1, index + move))
      virtual.scrollToIndex(to)
      requestAnimationFrame(() => scroller.current?.querySelector<HTMLElement>(`[data-row="${to}"]`)?.focus())
    } else if (e.target === at && (e.key === 'x' || e.key === ' ') && choice) {
      tick(index, e.shiftKey)
    } else if (e.target === at && e.key === 'Enter' && onOpen) {
      onOpen(rows[index] as T)
    } else {
      return
    }
    e.preventDefault()
  }
  return (
    <div
      className="rows"
      ref={scroller}
      role="table"
      aria-label={label}
      aria-rowcount={hasMore ? -1 : rows.length + 1}
      tabIndex={0}
      onKeyDown={press}
    >
      <div className="rowshead" role="row" style={template}>
        {choice && (
          <div role="columnheader">
            <Checkbox
              size="xs"
              aria-label={all ? 'Choose none' : 'Choose all that are shown'}
              checked={all}
              indeterminate={!all && choice.chosen.size > 0}
              onChange={() => choice.change(all ? new Set() : new Set(rows.map(rowKey)))}
            />
          </div>
        )}
        {columns.map((c) => {
          const down = c.sort !== undefined && sort === `-${c.sort}`
          const up = c.sort !== undefined && sort === c.sort
          return (
            <Heading key={c.id} id={c.id} title={c.title} layout={layout} className={c.number ? 'num' : ''} sorted={down ? 'descending' : up ? 'ascending' : undefined}>
              {c.sort && onSort ? (
                <button type="button" onClick={() => onSort(down ? (c.sort ?? '') : `-${c.sort}`)}>
                  {c.title}
                  {down ? ' ↓' : up ? ' ↑' : ''}
                </button>
              ) : (
                c.title
              )}
            </Heading>
          )
        })}
      </div>
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }} role="rowgroup">
        {items.map((item) => {
          const row = rows[item.index] as T
          const key = rowKey(row)
          const chosen = choice?.chosen.has(key)
          return (
            <div
              key={key}
              role="row"
              data-row={item.index}
              tabIndex={-1}
              aria-rowindex={item.index + 2}
              aria-selected={choice ? !!chosen : undefined}
              className={`onerow${onOpen ? ' open' : ''}${chosen ? ' chosen' : ''}`}
              style={{ ...template, height, transform: `translateY(${item.start}px)` }}
              {...{
                [double ? 'onDoubleClick' : 'onClick']: (e: MouseEvent) => {
                  // Links inside keep their own ways, as do selections of text; two clicks select a word by themselves.
                  if (onOpen && !(e.target as Element).closest('a,button,input,label') && (double || !getSelection()?.toString())) onOpen(row)
                },
              }}
            >
              {choice && (
                <div role="cell">
                  <Checkbox
                    size="xs"
                    aria-label={`Choose ${rowName?.(row) ?? key}`}
                    checked={!!chosen}
                    onChange={(e) => tick(item.index, (e.nativeEvent as globalThis.MouseEvent).shiftKey)}
                  />
                </div>
              )}
              {columns.map((c) => (
                <div key={c.id} role="cell" className={c.number ? 'num cut' : 'cut'}>
                  {c.cell(row)}
                </div>
              ))}
            </div>
          )
        })}
      </div>
    </div>
  )
}
