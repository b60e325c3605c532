/** The head of a column: it sorts, is dragged to another place, and its edge makes the column wider. */

import { useRef, type KeyboardEvent, type PointerEvent, type ReactNode } from 'react'

/** Where columns stand and how wide people made them; whoever gives it remembers it. */
export interface Layout {
  widths: Record<string, number>
  resize: (id: string, width: number) => void
  /** Puts a column in the place of another. */
  move: (id: string, to: string) => void
}

const LEAST = 48
const STEP = 16
const kind = 'text/x-column'

interface Props {
  id: string
  title: string
  className: string
  sorted?: 'ascending' | 'descending'
  layout?: Layout
  children: ReactNode
}

export function Heading({ id, title, className, sorted, layout, children }: Props) {
  const sizing = useRef(false)
  return (
    <div
      role="columnheader"
      aria-label={title}
      aria-sort={sorted}
      className={className}
      draggable={!!layout}
      onDragStart={(e) => (sizing.current ? e.preventDefault() : e.dataTransfer.setData(kind, id))}
      onDragOver={(e) => layout && e.dataTransfer.types.includes(kind) && e.preventDefault()}
      onDrop={(e) => {
        e.preventDefault()
        layout?.move(e.dataTransfer.getData(kind), id)
      }}
    >
      {children}
      {layout && <Edge title={title} resize={(width) => layout.resize(id, width)} sizing={sizing} />}
    </div>
  )
}

interface EdgeProps {
  title: string
  resize: (width: number) => void
  sizing: { current: boolean } // so that what drags the edge does not drag the head
}

const cellOf = (edge: Element) => edge.parentElement as HTMLElement

/** As wide as what is in sight of the column needs: each row is a grid, and is asked what it would take. */
function fitting(cell: HTMLElement): number {
  const at = [...(cell.parentElement?.children ?? [])].indexOf(cell)
  const lines = cell.closest('.rows')?.querySelectorAll<HTMLElement>('.rowshead, .onerow') ?? []
  return Math.ceil(
    Math.max(
      ...[...lines].map((line) => {
        const template = line.style.gridTemplateColumns
        const tracks: string[] = template.match(/[^\s(]+(\([^)]*\))?/g) ?? []
        line.style.gridTemplateColumns = tracks.with(at, 'max-content').join(' ')
        const width = line.children[at]?.getBoundingClientRect().width ?? 0
        line.style.gridTemplateColumns = template
        return width
      }),
    ),
  )
}

function Edge({ title, resize, sizing }: EdgeProps) {
  const to = (width: number) => resize(Math.max(LEAST, Math.round(width)))
  function press(e: KeyboardEvent<HTMLElement>) {
    const by = { ArrowLeft: -STEP, ArrowRight: STEP }[e.key]
    if (!by && e.key !== 'Enter') return
    e.preventDefault()
    e.stopPropagation()
    const cell = cellOf(e.currentTarget)
    to(by ? cell.offsetWidth + by : fitting(cell))
  }
  function drag(e: PointerEvent<HTMLElement>) {
    const edge = e.currentTarget
    const from = cellOf(edge).offsetWidth - e.clientX
    sizing.current = true
    edge.setPointerCapture(e.pointerId)
    edge.onpointermove = (m) => to(from + m.clientX)
    edge.onlostpointercapture = () => {
      edge.onpointermove = null
      sizing.current = false
    }
  }
  return (
    <span
      className="edge"
      role="separator"
      tabIndex={0}
      aria-orientation="vertical"
      aria-label={`Width of ${title}: arrows change it, Enter fits it`}
      aria-valuenow={0}
      ref={(edge) => edge?.setAttribute('aria-valuenow', String(cellOf(edge).offsetWidth))}
      onPointerDown={drag}
      onDoubleClick={(e) => to(fitting(cellOf(e.currentTarget)))}
      onKeyDown={press}
    />
  )
}
