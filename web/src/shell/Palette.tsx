/** Finds anything from every page: projects, tasks, models and artifacts, by name, id or digest. */

import { Modal, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { Link, type LinkProps } from '@tanstack/react-router'
import { useRef, useState, type KeyboardEvent, type ReactNode } from 'react'
import { own } from '../api/client'
import type { Artifact, Ref } from '../api/types'
import { Icon, typeIcon, type IconName } from '../ui/Icon'
import { Failed, Waiting } from '../ui/Parts'

interface Hit extends Ref {
  status?: string
}

interface FoundOne extends Artifact {
  task_name?: string
}

interface Found {
  projects: Hit[]
  tasks: Hit[]
  models: Hit[]
  artifacts: FoundOne[]
  more: string[]
}

/** Of typing, how long it rests before the server is asked, in milliseconds. */
const REST = 150

export function Palette({ close }: { close: () => void }) {
  const [text, setText] = useState('')
  const [q] = useDebouncedValue(text.trim(), REST)
  const list = useRef<HTMLDivElement>(null)
  const found = useQuery({
    queryKey: ['palette', q],
    queryFn: ({ signal }) => own<Found>('search', { q }, { signal }),
    enabled: q !== '',
    placeholderData: (before) => before,
  })
  const f = q ? found.data : undefined
  const none = f && !f.projects.length && !f.tasks.length && !f.models.length && !f.artifacts.length
  /** Arrows go through what was found; enter opens the first. */
  function press(e: KeyboardEvent) {
    const links = [...(list.current?.querySelectorAll('a') ?? [])]
    const at = links.indexOf(document.activeElement as HTMLAnchorElement)
    if (e.key === 'ArrowDown') links[Math.min(at + 1, links.length - 1)]?.focus()
    else if (e.key === 'ArrowUp' && at > 0) links[at - 1]?.focus()
    else if (e.key === 'Enter' && at < 0) links[0]?.click()
    else return
    e.preventDefault()
  }
  const group = (kind: keyof Found & string, title: string, all: ReactNode, items: ReactNode[]) =>
    items.length > 0 && (
      <section aria-label={title}>
        <h3 className="row third">
          <span className="grow">{title}</span>
          {f?.more?.includes(kind) && all}
        </h3>
        <ul>{items}</ul>
      </section>
    )
  const line = (key: string, icon: IconName, name: string | undefined, second: string | undefined, link: LinkProps) => (
    <li key={key}>
      <Link {...link} className="row" onClick={close}>
        <Icon name={icon} />
        <span className="strong cut">{name}</span>
        <span className="third cut">{second}</span>
      </Link>
    </li>
  )
  return (
    <Modal opened onClose={close} title="Search everything" closeButtonProps={{ 'aria-label': 'Close' }} centered={false}>
      <div onKeyDown={press}>
        <TextInput
          data-autofocus
          size="sm"
          value={text}
          onChange={(e) => setText(e.currentTarget.value)}
          placeholder="Name, id or digest"
          aria-label="Search everything"
          leftSection={<Icon name="search" size={14} />}
        />
        <div ref={list} className="palette" aria-live="polite">
          {found.error && <Failed error={found.error} retry={() => found.refetch()} what="What was searched for" />}
          {q && found.isPending && <Waiting rows={4} />}
          {none && <p className="second">Nothing has “{q}” in its name.</p>}
          {f && (
            <>
              {group('projects', 'Projects', <Link to="/projects" search={{ q }} onClick={close}>All projects</Link>,
                f.projects.map((p) => line(p.id, 'folder', p.name, '', { to: '/projects/$pid', params: { pid: p.id } })))}
              {group('tasks', 'Tasks', <Link to="/tasks" search={{ q }} onClick={close}>All tasks</Link>,
                f.tasks.map((t) => line(t.id, 'flask', t.name, t.status?.replaceAll('_', ' '), { to: '/tasks/$tid/$tab', params: { tid: t.id, tab: 'artifacts' } })))}
              {group('models', 'Models', <Link to="/models" search={{ q }} onClick={close}>All models</Link>,
                f.models.map((m) => line(m.id, 'layers', m.name, '', { to: '/models/$mid/$tab', params: { mid: m.id, tab: 'general' } })))}
              {group('artifacts', 'Artifacts', <Link to="/artifacts" search={{ name: q }} onClick={close}>All artifacts</Link>,
                f.artifacts.map((a) => line(a.task + a.mode + a.key, typeIcon(a.type), a.key, a.task_name, { to: '/tasks/$tid/$tab', params: { tid: a.task, tab: 'artifacts' }, search: { key: a.key, mode: a.mode } })))}
            </>
          )}
        </div>
      </div>
    </Modal>
  )
}
