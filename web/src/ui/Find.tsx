import { ActionIcon, TextInput } from '@mantine/core'
import { useEffect, useRef, useState, type ReactNode, type RefObject } from 'react'
import { count } from '../lib/format'
import { Icon } from './Icon'
import { CopyButton } from './Parts'

/** A text with the places marked at which something was found. */
export function Marked({ text, q }: { text: string; q: string }): ReactNode {
  if (!q) return text
  const parts: ReactNode[] = []
  const lower = text.toLowerCase()
  const want = q.toLowerCase()
  let from = 0
  for (let at = lower.indexOf(want); at >= 0; at = lower.indexOf(want, from)) {
    parts.push(text.slice(from, at), <mark key={at}>{text.slice(at, at + want.length)}</mark>)
    from = at + want.length
  }
  return [...parts, text.slice(from)]
}

/** Finds in what is marked within an element: how often, and one place after the other. */
export function Find({ q, change, within, of }: { q: string; change: (q: string) => void; within: RefObject<HTMLElement | null>; of: unknown }) {
  const [at, setAt] = useState(0)
  const [found, setFound] = useState(0)
  const marks = () => [...(within.current?.querySelectorAll('mark') ?? [])]
  const show = (place: number) => {
    const all = marks()
    const to = all.length ? (place + all.length) % all.length : 0
    all.forEach((m, i) => m.classList.toggle('here', i === to))
    all[to]?.scrollIntoView({ block: 'nearest' })
    setFound(all.length)
    setAt(to)
  }
  const first = useRef(show)
  first.current = show
  useEffect(() => first.current(0), [q, of])
  return (
    <span className="row" role="search">
      <TextInput
        size="xs"
        w={180}
        value={q}
        placeholder="Find"
        aria-label="Find in the text; Enter goes on to the next place"
        leftSection={<Icon name="search" size={13} />}
        onChange={(e) => change(e.currentTarget.value)}
        onKeyDown={(e) => {
          if (e.key === 'Enter') show(at + (e.shiftKey ? -1 : 1))
          if (e.key === 'Escape') change('')
        }}
      />
      <span className="third num" role="status">
        {q && (found ? `${count(at + 1)} of ${count(found)}` : 'not found')}
      </span>
      {found > 1 && (
        <>
          <ActionIcon variant="subtle" color="gray" size={22} aria-label="Place before" onClick={() => show(at - 1)}>
            <Icon name="up" size={13} />
          </ActionIcon>
          <ActionIcon variant="subtle" color="gray" size={22} aria-label="Next place" onClick={() => show(at + 1)}>
            <Icon name="down" size={13} />
          </ActionIcon>
        </>
      )}
    </span>
  )
}

/** A text in a frame that can be scrolled, searched and copied. */
export function SearchedText({ title, text, label }: { title: string; text: string; label: string }) {
  const [q, setQ] = useState('')
  const body = useRef<HTMLPreElement>(null)
  return (
    <section className="frame" aria-label="Preview">
      <div className="framehead">
        <span className="strong">{title}</span>
        <span className="grow" />
        <Find q={q} change={setQ} within={body} of={text} />
        <CopyButton text={text} label="Copy the text" />
      </div>
      <pre ref={body} tabIndex={0} aria-label={label}>
        <Marked text={text} q={q} />
      </pre>
    </section>
  )
}
