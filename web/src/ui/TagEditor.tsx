import { ActionIcon, Button, Popover, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState, type FormEvent } from 'react'
import { tagsInUse } from '../api/lists'
import { Icon } from './Icon'
import { Tag } from './Parts'

interface Props {
  kind: 'task' | 'model'
  tags: string[]
  add: (tag: string) => void
  remove: (tag: string) => void
}

/** Tags with a way to add one, new or in use, and to take one away. */
export function TagEditor({ kind, tags, add, remove }: Props) {
  const [text, setText] = useState('')
  const [open, setOpen] = useState(false)
  const known = useQuery({ ...tagsInUse(kind), enabled: open })
  const rest = (known.data ?? []).filter((t) => !tags.includes(t) && t.toLowerCase().includes(text.toLowerCase())).slice(0, 12)
  function submit(e: FormEvent) {
    e.preventDefault()
    if (text.trim()) add(text.trim())
    setText('')
  }
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-start" shadow="md" width={260} trapFocus returnFocus>
      <Popover.Target>
        <Button size="compact-xs" radius={10} style={{ borderStyle: 'dashed' }} leftSection={<Icon name="plus" size={12} />} onClick={() => setOpen(!open)}>
          Tag
        </Button>
      </Popover.Target>
      <Popover.Dropdown aria-label="Tags">
        <form onSubmit={submit}>
          <TextInput data-autofocus value={text} onChange={(e) => setText(e.currentTarget.value)} placeholder="Tag, then Enter" aria-label="New tag" />
        </form>
        <ul className="order" aria-label="Tags that are set">
          {tags.map((t) => (
            <li key={t}>
              <span className="grow">
                <Tag name={t} />
              </span>
              <ActionIcon variant="subtle" color="gray" size={22} aria-label={`Remove the tag ${t}`} onClick={() => remove(t)}>
                <Icon name="cross" size={12} />
              </ActionIcon>
            </li>
          ))}
        </ul>
        <div className="row" style={{ flexWrap: 'wrap', marginTop: 8 }}>
          {rest.map((t) => (
            <button key={t} type="button" className="plainbutton" aria-label={`Add the tag ${t}`} onClick={() => add(t)}>
              <Tag name={t} />
            </button>
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}
