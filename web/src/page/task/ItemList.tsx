import { useLocalStorage } from '@mantine/hooks'
import { useVirtualizer } from '@tanstack/react-virtual'
import { Link } from '@tanstack/react-router'
import { useRef, type KeyboardEvent, type PointerEvent } from 'react'
import { count, exactSize, size, when } from '../../lib/format'
import { StateMark } from '../../ui/Badge'
import { Icon, typeIcon } from '../../ui/Icon'
import { id, type Item, type Row } from './items'

const ROW = 34

interface Props {
  rows: Row[]
  folded: string[]
  fold: (section: string) => void
  chosen?: string
  task: string
  search: Record<string, string | undefined>
  choose: (i: Item) => void
}

/** The list of items, of which only those in sight are drawn. */
export function ItemList({ rows, folded, fold, chosen, task, search, choose }: Props) {
  const scroller = useRef<HTMLDivElement>(null)
  const virtual = useVirtualizer({ count: rows.length, getScrollElement: () => scroller.current, estimateSize: () => ROW, overscan: 20 })
  const step = (by: number) => {
    const items = rows.filter((r): r is Item => 'key' in r)
    const next = items[items.findIndex((i) => id(i) === chosen) + by]
    if (!next) return
    choose(next)
    virtual.scrollToIndex(rows.indexOf(next))
  }
  return (
    <div
      className="items"
      ref={scroller}
      tabIndex={0}
      role="group"
      aria-label="Artifacts; up and down choose"
      onKeyDown={(e) => {
        const by = { ArrowDown: 1, ArrowUp: -1, j: 1, k: -1 }[e.key]
        if (by) {
          e.preventDefault()
          step(by)
        }
      }}
    >
      <div style={{ height: virtual.getTotalSize(), position: 'relative' }}>
        {virtual.getVirtualItems().map((at) => {
          const row = rows[at.index]
          if (!row) return null
          const style = { transform: `translateY(${at.start}px)` }
          if ('section' in row) {
            const open = !folded.includes(row.section)
            return (
              <h2 key={row.section} className="section" style={style}>
                <button type="button" aria-expanded={open} onClick={() => fold(row.section)}>
                  <span className={open ? 'fold open' : 'fold'}>
                    <Icon name="left" size={12} />
                  </span>
                  {row.section} <span className="third">{count(row.count)}</span>
                </button>
              </h2>
            )
          }
          const on = id(row) === chosen
          return (
            <Link
              key={id(row)}
              className={on ? 'item on' : 'item'}
              style={style}
              data-row={at.index}
              aria-current={on ? 'true' : undefined}
              to="/tasks/$tid/$tab"
              params={{ tid: task, tab: 'artifacts' }}
              search={{ q: search.q, sort: search.sort, key: row.key, mode: row.mode } as never}
              replace={search.key !== undefined}
              title={about(row)}
            >
              <Icon name={typeIcon(row.type)} />
              <span className="cut grow">{row.key}</span>
              {row.artifact && <StateMark state={row.artifact.state} />}
              {row.artifact && <span className="num third">{size(row.size)}</span>}
              <span className="num third age">{row.time ? when(new Date(row.time * 1000)).replace(' ago', '') : ''}</span>
            </Link>
          )
        })}
      </div>
    </div>
  )
}

/** What a row says in full, also where it is cut. */
const about = ({ key, type, artifact, link }: Item) =>
  [key, type, link?.found?.name !== key && link?.found?.name, artifact?.sha256 && `sha256 ${artifact.sha256}`, artifact && exactSize(artifact.size)].filter(Boolean).join('\n')

const LEAST = 260
const MOST = 520
const USUAL = 336

/** The width of the list, which is remembered, and the bar that it is drawn by; arrows do the same. */
export function useListWidth() {
  const [width, setWidth] = useLocalStorage<number>({ key: 'coffer.list', defaultValue: USUAL, getInitialValueInEffect: false })
  const to = (w: number) => setWidth(Math.min(MOST, Math.max(LEAST, Math.round(w))))
  const bar = (
    <div
      className="drawbar"
      role="separator"
      tabIndex={0}
      aria-label="Width of the list"
      aria-orientation="vertical"
      aria-valuemin={LEAST}
      aria-valuemax={MOST}
      aria-valuenow={width}
      onKeyDown={(e: KeyboardEvent) => {
        const by = { ArrowLeft: -16, ArrowRight: 16 }[e.key]
        if (by) to(width + by)
      }}
      onDoubleClick={() => to(USUAL)}
      onPointerDown={(e: PointerEvent) => {
        e.currentTarget.setPointerCapture(e.pointerId)
        e.preventDefault()
      }}
      onPointerMove={(e: PointerEvent) => {
        if (e.currentTarget.hasPointerCapture(e.pointerId)) to(e.clientX - (e.currentTarget.parentElement?.getBoundingClientRect().left ?? 0))
      }}
    />
  )
  return { width, bar }
}
