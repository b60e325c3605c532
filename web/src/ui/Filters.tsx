/** Narrowing a list: each condition is a chip that can be taken away. */

import { ActionIcon, Button, Checkbox, Popover, TextInput } from '@mantine/core'
import { useState, type FormEvent, type ReactNode } from 'react'
import { Icon } from './Icon'

/** A condition that holds, with a cross that takes it away. */
export function FilterChip({ name, children, clear }: { name: string; children: ReactNode; clear: () => void }) {
  return (
    <span className="filterchip">
      {name} <b>{children}</b>
      <ActionIcon variant="subtle" color="gray" size={20} aria-label={`No longer filter by ${name}`} onClick={clear}>
        <Icon name="cross" size={12} />
      </ActionIcon>
    </span>
  )
}

interface PickProps {
  name: string
  options: { value: string; label: string }[]
  draw?: (value: string) => ReactNode // in place of the label
  chosen: string[]
  change: (chosen: string[]) => void
  extra?: ReactNode
}

/** Some of a set of values, joined by "or". */
export function Pick({ name, options, draw, chosen, change, extra }: PickProps) {
  const [q, setQ] = useState('')
  const shown = options.filter((o) => o.label.toLowerCase().includes(q.toLowerCase()))
  return (
    <Popover position="bottom-start" shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <Button leftSection={<Icon name="plus" size={14} />} aria-label={`Filter by ${name.toLowerCase()}`}>
          {name}
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label={name}>
        {options.length > 8 && (
          <TextInput mb={8} value={q} onChange={(e) => setQ(e.currentTarget.value)} placeholder="Find" aria-label={`Find ${name.toLowerCase()}`} />
        )}
        <div className="choices" role="group" aria-label={name}>
          {shown.map((o) => (
            <Checkbox
              key={o.value}
              size="xs"
              label={draw?.(o.value) ?? o.label}
              checked={chosen.includes(o.value)}
              onChange={() => change(chosen.includes(o.value) ? chosen.filter((c) => c !== o.value) : [...chosen, o.value])}
            />
          ))}
          {shown.length === 0 && <span className="third">Nothing to choose from.</span>}
        </div>
        {extra}
      </Popover.Dropdown>
    </Popover>
  )
}

/** A value that is typed and then set. */
export function Typed({ label, type = 'text', value, set }: { label: string; type?: string; value?: string; set: (value: string) => void }) {
  const [text, setText] = useState(value ?? '')
  function submit(e: FormEvent) {
    e.preventDefault()
    set(text)
  }
  return (
    <form className="row" onSubmit={submit} style={{ alignItems: 'end' }}>
      <TextInput label={label} type={type} value={text} onChange={(e) => setText(e.currentTarget.value)} style={{ flex: 1 }} />
      <Button type="submit">Set</Button>
    </form>
  )
}
