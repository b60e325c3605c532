import { ActionIcon, Button, Popover, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useRef, useState, type FormEvent } from 'react'
import { tagsInUse } from '../api/lists'
import type { Kind } from '../api/types'
import { automatic, tagColours, useColouring, useTagColour } from '../lib/colours'
import { Icon } from './Icon'
import { Failed } from './Parts'
import { Tag } from './Tag'

interface Props {
  kind: Kind
  tags: string[]
  add: (tag: string) => void
  remove: (tag: string) => void
}

/** Tags with a way to add one, new or in use, to give it a colour, and to take it away. */
export function TagEditor({ kind, tags, add, remove }: Props) {
  const [text, setText] = useState('')
  const [open, setOpen] = useState(false)
  const [colouring, setColouring] = useState('') // the tag whose colours are shown
  const [removed, setRemoved] = useState<string[]>([])
  const field = useRef<HTMLInputElement>(null)
  const known = useQuery({ ...tagsInUse(kind), enabled: open })
  const rest = (known.data ?? []).filter((t) => !tags.includes(t) && t.toLowerCase().includes(text.toLowerCase())).slice(0, 12)
  function show(on: boolean) {
    setOpen(on)
    setColouring('')
    setRemoved([])
  }
  /** What was clicked goes away with what it did, and the keys would go with it. */
  function then(change: () => void) {
    change()
    field.current?.focus()
  }
  function submit(e: FormEvent) {
    e.preventDefault()
    if (text.trim()) add(text.trim())
    setText('')
  }
  return (
    <Popover opened={open} onChange={show} position="bottom-start" shadow="md" width={300} trapFocus returnFocus>
      <Popover.Target>
        <Button size="compact-xs" radius={10} style={{ borderStyle: 'dashed' }} leftSection={<Icon name="plus" size={12} />} onClick={() => show(!open)}>
          Tag
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Tags">
        <form onSubmit={submit}>
          <TextInput ref={field} mb={8} data-autofocus value={text} onChange={(e) => setText(e.currentTarget.value)} placeholder="Tag, then Enter" aria-label="New tag" />
        </form>
        <ul className="order" aria-label="Tags that are set">
          {tags.map((t) => (
            <li key={t}>
              <span className="grow cut">
                <Tag name={t} />
              </span>
              <ActionIcon variant="subtle" color="gray" size={24} aria-label={`Colour of the tag ${t}`} aria-expanded={colouring === t} onClick={() => setColouring(colouring === t ? '' : t)}>
                <Icon name="palette" size={14} />
              </ActionIcon>
              <ActionIcon variant="subtle" color="gray" size={24} aria-label={`Remove the tag ${t}`} onClick={() => then(() => (remove(t), setRemoved([...removed, t])))}>
                <Icon name="cross" size={12} />
              </ActionIcon>
              {colouring === t && <Colours tag={t} />}
            </li>
          ))}
          {removed
            .filter((t) => !tags.includes(t))
            .map((t) => (
              <li key={t}>
                <span className="grow cut third">{t} is removed</span>
                <Button size="compact-xs" aria-label={`Undo the removal of ${t}`} onClick={() => then(() => add(t))}>
                  Undo
                </Button>
              </li>
            ))}
        </ul>
        <div className="row" style={{ flexWrap: 'wrap', marginTop: 8 }}>
          {rest.map((t) => (
            <button key={t} type="button" className="plainbutton" aria-label={`Add the tag ${t}`} onClick={() => then(() => (add(t), setText('')))}>
              <Tag name={t} />
            </button>
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}

/** The colours that a tag can have, for whoever is signed in. */
function Colours({ tag }: { tag: string }) {
  const chosen = useTagColour(tag)
  const colour = useColouring()
  const [error, setError] = useState<unknown>()
  return (
    <>
      <div className="swatches" role="radiogroup" aria-label={`Colours of the tag ${tag}`}>
        {[['', automatic(tag)] as const, ...tagColours].map(([name, paint]) => (
          <label key={name} title={name || 'By its name'}>
            <input
              className="hidden"
              type="radio"
              name="colour"
              checked={chosen === name}
              onChange={() => colour(tag, name).then(() => setError(undefined), setError)}
            />
            <i style={{ background: paint }} />
            <span className={name && 'hidden'}>{name || 'Automatic'}</span>
          </label>
        ))}
      </div>
      {error !== undefined && <Failed error={error} what="The colour" how="could not be kept" />}
    </>
  )
}
