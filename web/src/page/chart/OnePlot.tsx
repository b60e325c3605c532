/** A plot with its iterations: as a card, and on the whole screen. */

import { ActionIcon, Button, Checkbox, Modal, Select, Slider } from '@mantine/core'
import { Suspense, lazy, useMemo, useState } from 'react'
import type { Plot } from '../../api/types'
import { Icon } from '../../ui/Icon'
import { Waiting } from '../../ui/Parts'
import type { FigureLook } from './Figure'
import { csv, saveText } from './save'

const Figure = lazy(() => import('./Figure'))

interface Table {
  header?: { values?: unknown[] }
  cells?: { values?: unknown[][] }
}

interface Props {
  name: string
  all: Plot[] // the oldest first
}

/** One plot of several iterations, the newest until another is chosen. */
function useIteration({ all }: Props) {
  const [chosen, setChosen] = useState<number>()
  const index = Math.min(chosen ?? all.length - 1, all.length - 1)
  const plot = all[index] as Plot
  const figure = useMemo(() => parsed(plot.plot_str), [plot.plot_str])
  const table = figure?.data?.find((d) => d.type === 'table')
  return { index, plot, figure, table, choose: (to: number) => setChosen(to === all.length - 1 ? undefined : to) }
}

export function OnePlot({ name, all, expand }: Props & { expand: () => void }) {
  const at = useIteration({ name, all })
  return (
    <section className="chart" aria-label={name}>
      <header className="row">
        <h3 className="cut grow">{name}</h3>
        <Files name={name} at={at} />
        <ActionIcon variant="subtle" color="gray" size={22} aria-label={`Show ${name} on the whole screen`} onClick={expand}>
          <Icon name="expand" size={14} />
        </ActionIcon>
      </header>
      <Shown name={name} at={at} />
      <Iterations name={name} all={all} at={at} />
    </section>
  )
}

/** With the tools that a card has no room for. */
export function FullPlot({ name, all, close }: Props & { close: () => void }) {
  const at = useIteration({ name, all })
  const [look, setLook] = useState<FigureLook>({ log: false, legend: true, hover: 'closest' })
  return (
    <Modal opened onClose={close} fullScreen title={name} closeButtonProps={{ 'aria-label': 'Close' }}>
      <div className="row" style={{ flexWrap: 'wrap', marginBottom: 8 }}>
        {!at.table && (
          <>
            <Checkbox size="xs" label="Log" checked={look.log} onChange={(e) => setLook({ ...look, log: e.currentTarget.checked })} />
            <Checkbox size="xs" label="Legend" checked={!!look.legend} onChange={(e) => setLook({ ...look, legend: e.currentTarget.checked })} />
            <Select
              size="xs"
              w={170}
              aria-label="Values under the pointer"
              allowDeselect={false}
              value={look.hover ?? null}
              onChange={(v) => setLook({ ...look, hover: v as FigureLook['hover'] })}
              data={[{ value: 'closest', label: 'Of the nearest point' }, { value: 'x unified', label: 'Of all at this x' }, { value: 'none', label: 'None' }]}
            />
          </>
        )}
        <span className="grow" />
        <Files name={name} at={at} />
      </div>
      <Shown name={name} at={at} look={look} height={Math.max(240, innerHeight - 220)} />
      <Iterations name={name} all={all} at={at} />
    </Modal>
  )
}

type At = ReturnType<typeof useIteration>

const Files = ({ name, at }: { name: string; at: At }) => (
  <>
    {at.table && (
      <Button size="compact-xs" onClick={() => saveText(`${name}.csv`, tableCSV(at.table as Table))}>
        CSV
      </Button>
    )}
    <Button size="compact-xs" leftSection={<Icon name="down" size={12} />} onClick={() => saveText(`${name}.json`, at.plot.plot_str, 'application/json')}>
      JSON
    </Button>
  </>
)

function Shown({ name, at: { plot, figure, table }, look, height = 320 }: { name: string; at: At; look?: FigureLook; height?: number }) {
  if (table) return <TableView table={table} height={height} />
  if (!figure?.data) {
    return (
      <pre tabIndex={0} style={{ maxHeight: height, overflow: 'auto' }}>
        {plot.plot_str}
      </pre>
    )
  }
  return (
    <Suspense fallback={<Waiting />}>
      <Figure data={figure.data} layout={figure.layout ?? {}} name={name} look={look} height={look && height} tools={!!look} />
    </Suspense>
  )
}

const Iterations = ({ name, all, at: { index, plot, choose } }: Props & { at: At }) => (
  <div className="row">
    {all.length > 1 && (
      <>
        <ActionIcon variant="subtle" color="gray" size={22} disabled={index === 0} aria-label={`Iteration before of ${name}`} onClick={() => choose(index - 1)}>
          <Icon name="left" size={13} />
        </ActionIcon>
        <Slider className="grow" size="sm" min={0} max={all.length - 1} value={index} onChange={choose} label={null} thumbLabel={`Iteration of ${name}`} />
        <ActionIcon variant="subtle" color="gray" size={22} disabled={index === all.length - 1} aria-label={`Next iteration of ${name}`} onClick={() => choose(index + 1)}>
          <Icon name="right" size={13} />
        </ActionIcon>
      </>
    )}
    <span className="third" aria-live="polite">
      iteration {plot.iter}
    </span>
  </div>
)

function parsed(text: string): { data?: ({ type?: string } & Table)[]; layout?: object } | undefined {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const text = (v: unknown) => (Array.isArray(v) ? v.join(' ') : String(v ?? ''))
const rowsOf = (t: Table) => (t.cells?.values?.[0] ?? []).map((_, r) => (t.cells?.values ?? []).map((column) => text(column[r])))
const headOf = (t: Table) => (t.header?.values ?? []).map(text)
const tableCSV = (t: Table) => csv([headOf(t), ...rowsOf(t)])

const TableView = ({ table, height }: { table: Table; height: number }) => (
  <div style={{ overflow: 'auto', maxHeight: height }} tabIndex={0} role="group" aria-label="Table">
    <table className="plain">
      <thead>
        <tr>
          {headOf(table).map((h, i) => (
            <th key={i} scope="col">
              {h}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rowsOf(table).map((row, r) => (
          <tr key={r}>
            {row.map((cell, i) => (
              <td key={i}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  </div>
)
