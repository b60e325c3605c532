/** Which columns a table has, and in what order: kept in its address, and remembered for next time. */

import { ActionIcon, Button, Checkbox, Popover, TextInput } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import { useRef, useState } from 'react'
import { Icon } from './Icon'

export interface Known {
  id: string
  title: string
  group: string
}

/** The ids of the columns: as the address says, else as remembered under the key, else the usual ones. Widths are remembered alone. */
export function useColumns(key: string, inAddress: string | undefined, usual: string[]) {
  const [kept, keep] = useLocalStorage<string[]>({ key: `coffer.columns.${key}`, defaultValue: usual, getInitialValueInEffect: false })
  const [widths, setWidths] = useLocalStorage<Record<string, number>>({ key: `coffer.widths.${key}`, defaultValue: none, getInitialValueInEffect: false })
  return { ids: inAddress ? inAddress.split(',') : kept, keep, widths, setWidths }
}

const none = {}

interface Props {
  known: Known[]
  chosen: string[]
  change: (ids: string[]) => void
  reset: () => void
}

export function ColumnChooser({ known, chosen, change, reset }: Props) {
  const [q, setQ] = useState('')
  const dropdown = useRef<HTMLDivElement>(null)
  const byID = new Map(known.map((k) => [k.id, k]))
  const shown = chosen.filter((id) => byID.has(id))
  const rest = known.filter((k) => !chosen.includes(k.id) && `${k.group} ${k.title}`.toLowerCase().includes(q.toLowerCase()))
  /** Shows or hides a column: its box goes to the other list, and the keys would go with it. */
  const tick = (ids: string[]) => {
    change(ids)
    dropdown.current?.focus()
  }
  const move = (i: number, by: number) => {
    const next = [...shown]
    const [one] = next.splice(i, 1)
    if (one) next.splice(i + by, 0, one)
    change(next)
  }
  return (
    <Popover position="bottom-end" shadow="md" width={320} trapFocus returnFocus>
      <Popover.Target>
        <ActionIcon variant="default" size={28} aria-label="Columns" title="Columns">
          <Icon name="gear" size={14} />
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown ref={dropdown} aria-label="Columns">
        <ul className="order" aria-label="Columns that are shown">
          {shown.map((id, i) => {
            const title = byID.get(id)?.title ?? id
            return (
              <li key={id}>
                <Checkbox size="xs" label={title} checked disabled={shown.length === 1} onChange={() => tick(shown.filter((s) => s !== id))} style={{ flex: 1 }} />
                <ActionIcon variant="subtle" color="gray" size={22} disabled={i === 0} aria-label={`Move ${title} left`} onClick={() => move(i, -1)}>
                  <Icon name="up" size={13} />
                </ActionIcon>
                <ActionIcon variant="subtle" color="gray" size={22} disabled={i === shown.length - 1} aria-label={`Move ${title} right`} onClick={() => move(i, 1)}>
                  <Icon name="down" size={13} />
                </ActionIcon>
              </li>
            )
          })}
        </ul>
        <TextInput my={8} value={q} onChange={(e) => setQ(e.currentTarget.value)} placeholder="Find a field, metric or parameter" aria-label="Find a column" />
        <div className="choices" role="group" aria-label="More columns">
          {rest.slice(0, 100).map((k) => (
            <Checkbox
              key={k.id}
              size="xs"
              checked={false}
              onChange={() => tick([...shown, k.id])}
              label={
                <>
                  {k.title} <span className="third">{k.group}</span>
                </>
              }
            />
          ))}
        </div>
        <Button mt={8} onClick={reset}>
          As usual
        </Button>
      </Popover.Dropdown>
    </Popover>
  )
}
