import { useVirtualizer } from '@tanstack/react-virtual'
import { useEffect, useRef, type ReactNode } from 'react'
import './rows.css'

export interface Column<T> {
  id: string
  title: ReactNode
  width: string // of a grid column
  number?: boolean
  sort?: string // the field by which the server orders
  cell: (row: T) => ReactNode
}

interface Props<T> {
  rows: T[]
  columns: Column<T>[]
  rowKey: (row: T) => string
  label: string
  sort?: string
  onSort?: (sort: string) => void
  onOpen?: (row: T) => void
  more?: () => void // fetches the next page
  hasMore?: boolean
  height?: number
}

/** A table of rows of one height, of which only those in sight are drawn. The first column stays in sight. */
export function Rows<T>({ rows, columns, rowKey, label, sort, onSort, onOpen, more, hasMore, height = 36 }: Props<T>) {
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: 20,
  })
  const items = virtual.getVirtualItems()
  const last = items.at(-1)?.index ?? 0
  useEffect(() => {
    if (hasMore && last >= rows.length - 30) more?.()
  }, [last, rows.length, hasMore, more])
  const template = { gridTemplateColumns: columns.map((c) => c.width).join(' ') }
  return (
    <div className="rows" ref={scroller} role="table" aria-label={label} aria-rowcount={hasMore ? -1 : rows.length + 1} tabIndex={0}>
      <div className="rowshead" role="row" style={template}>
        {columns.map((c) => {
          const down = c.sort !== undefined && sort === `-${c.sort}`
          const up = c.sort !== undefined && sort === c.sort
          return (
            <div key={c.id} role="columnheader" className={c.number ? 'num' : ''} aria-sort={down ? 'descending' : up ? 'ascending' : undefined}>
              {c.sort && onSort ? (
                <button type="button" onClick={() => onSort(down ? (c.sort ?? '') : `-${c.sort}`)}>
                  {c.title}
                  {down ? ' ↓' : up ? ' ↑' : ''}
                </button>
              ) : (
                c.title
              )}
            </div>
          )
        })}
      </div>
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }} role="rowgroup">
        {items.map((item) => {
          const row = rows[item.index] as T
          return (
            <div
              key={rowKey(row)}
              role="row"
              aria-rowindex={item.index + 2}
              className={onOpen ? 'onerow open' : 'onerow'}
              style={{ ...template, height, transform: `translateY(${item.start}px)` }}
              onClick={(e) => {
                // Links inside keep their own ways, as do selections of text.
                if (onOpen && !(e.target as Element).closest('a,button,input') && !getSelection()?.toString()) onOpen(row)
              }}
            >
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
