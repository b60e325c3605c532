import { Button, Checkbox, TextInput } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { useState } from 'react'
import { logFile } from '../../api/log'
import type { Task } from '../../api/types'
import { Icon } from '../../ui/Icon'
import { Log } from './Log'
import { Matches } from './Matches'
import './console.css'

/** How long somebody may pause while he types before the log is searched, in milliseconds. */
const PAUSE = 300

/** What the task's program printed: followed, searched as a whole, read around a line that was found, saved. */
export function Console({ task }: { task: Task }) {
  const client = useQueryClient()
  const navigate = useNavigate()
  const search = useSearch({ from: '/inside/tasks/$tid/$tab' })
  const [wrap, setWrap] = useState(false)
  const [follow, setFollow] = useState(!search.at)
  const q = search.q ?? ''
  const [wanted] = useDebouncedValue(q, PAUSE)
  const at = Number(search.at) || undefined
  const set = (change: Record<string, string>, replace = true) =>
    navigate({ to: '/tasks/$tid/$tab', params: { tid: task.id, tab: 'console' }, search: { ...search, ...change }, replace })
  return (
    <div className="consolepage">
      <div className="tools">
        <TextInput
          data-filter
          w={240}
          value={q}
          placeholder="Search the whole log"
          aria-label="Search the whole log"
          leftSection={<Icon name="search" size={14} />}
          onChange={(e) => {
            setFollow(false)
            void set({ q: e.currentTarget.value, at: '' })
          }}
        />
        <Checkbox size="xs" label="Regex" checked={!!search.re} onChange={(e) => set({ re: e.currentTarget.checked ? '1' : '', at: '' })} />
        <Checkbox size="xs" label="Wrap" checked={wrap} onChange={(e) => setWrap(e.currentTarget.checked)} />
        <span className="grow" />
        {at && wanted && (
          <Button leftSection={<Icon name="left" size={14} />} onClick={() => set({ at: '' })}>
            All matches
          </Button>
        )}
        {!follow && (
          <Button
            leftSection={<Icon name="down" size={14} />}
            onClick={() => {
              void client.resetQueries({ queryKey: ['console', task.id] })
              setFollow(true)
              void set({ q: '', at: '' })
            }}
          >
            Follow
          </Button>
        )}
        <Button component="a" href={logFile(task.id)} download leftSection={<Icon name="down" size={14} />}>
          Download
        </Button>
      </div>
      {wanted && !at ? (
        <Matches key={wanted} task={task} q={wanted} re={!!search.re} wrap={wrap} open={(m) => set({ at: String(m.timestamp) }, false)} />
      ) : (
        <Log key={at} task={task} at={at} q={wanted} re={!!search.re} wrap={wrap} follow={follow} setFollow={setFollow} />
      )}
    </div>
  )
}
