import { Modal } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { Palette } from './Palette'

const list: [string, string][] = [
  ['Ctrl K', 'search everything'],
  ['/', 'filter of this page'],
  ['[', 'narrow or widen the sidebar'],
  ['g h', 'home'],
  ['g p', 'projects'],
  ['g t', 'tasks'],
  ['g m', 'models'],
  ['g a', 'artifacts'],
  ['j k', 'next and previous row of a table or card of a list; x chooses a row, Enter opens it'],
  ['?', 'this list'],
]

/** Asks for the search over everything, from wherever a page has a button for it. */
export const openSearch = () => dispatchEvent(new Event('coffer-search'))

const goTo: Record<string, string> = { h: '/', p: '/projects', t: '/tasks', m: '/models', a: '/artifacts' }

/** The keys that work everywhere. They never fire while something is typed into. */
export function Keys({ toggleSide }: { toggleSide: () => void }) {
  const navigate = useNavigate()
  const [shown, setShown] = useState(false)
  const [searching, setSearching] = useState(false)
  const prefix = useRef(0) // when g was pressed
  useEffect(() => {
    const search = () => setSearching(true)
    const press = (e: KeyboardEvent) => {
      if (e.key === 'k' && (e.ctrlKey || e.metaKey)) {
        search()
        e.preventDefault()
        return
      }
      const typing = (e.target as Element).closest?.('input,textarea,select,[contenteditable]')
      if (typing || e.ctrlKey || e.metaKey || e.altKey) return
      const to = goTo[e.key]
      if (to && Date.now() - prefix.current < 1000) {
        prefix.current = 0
        void navigate({ to })
      } else if (e.key === 'g') {
        prefix.current = Date.now()
        return
      } else if (e.key === '/') {
        document.querySelector<HTMLInputElement>('[data-filter]')?.focus()
      } else if (e.key === '[') {
        toggleSide()
      } else if (e.key === '?') {
        setShown(true)
      } else {
        return
      }
      e.preventDefault()
    }
    addEventListener('keydown', press)
    addEventListener('coffer-search', search)
    return () => {
      removeEventListener('keydown', press)
      removeEventListener('coffer-search', search)
    }
  })
  if (searching) return <Palette close={() => setSearching(false)} />
  return (
    <Modal opened={shown} onClose={() => setShown(false)} title="Keys">
      <dl className="facts">
        {list.map(([key, what]) => (
          <div key={key}>
            <dt>
              <kbd className="mono">{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </div>
        ))}
      </dl>
    </Modal>
  )
}
