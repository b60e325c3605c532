import { Modal } from '@mantine/core'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'

const list: [string, string][] = [
  ['/', 'filter of this page'],
  ['[', 'narrow or widen the sidebar'],
  ['g h', 'home'],
  ['g p', 'projects'],
  ['g t', 'tasks'],
  ['g m', 'models'],
  ['g a', 'artifacts'],
  ['j k', 'next and previous row of a table; x chooses it, Enter opens it'],
  ['?', 'this list'],
]

const goTo: Record<string, string> = { h: '/', p: '/projects', t: '/tasks', m: '/models', a: '/artifacts' }

/** The keys that work everywhere. They never fire while something is typed into. */
export function Keys({ toggleSide }: { toggleSide: () => void }) {
  const navigate = useNavigate()
  const [shown, setShown] = useState(false)
  const prefix = useRef(0) // when g was pressed
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
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
    return () => removeEventListener('keydown', press)
  })
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
