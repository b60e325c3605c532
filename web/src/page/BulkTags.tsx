import { Checkbox, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../api/client'
import { tagsInUse } from '../api/lists'
import type { Kind } from '../api/types'
import { count } from '../lib/format'
import { Ask } from '../ui/Dialog'
import { Tag } from '../ui/Tag'

interface Props {
  kind: Kind
  items: { id: string; tags?: string[] }[]
  close: () => void
  done: () => void
}

const split = (text: string) => text.split(',').map((x) => x.trim()).filter(Boolean)

/** Sets tags on many, and takes others away after it said of how many. */
export function TagDialog({ kind, items, ...shared }: Props) {
  const [text, setText] = useState('')
  const [off, setOff] = useState<string[]>([])
  const inUse = useQuery(tagsInUse(kind))
  const adding = split(text)
  const offered = (inUse.data ?? []).filter((t) => !adding.includes(t)).slice(0, 12)
  const many = (n: number) => `${count(n)} ${kind}${n === 1 ? '' : 's'}`
  const having = (tag: string) => items.filter((i) => i.tags?.includes(tag)).length
  const set = [...new Set(items.flatMap((i) => i.tags ?? []))].sort()
  return (
    <Ask
      title={`Tags of ${many(items.length)}`}
      action={off.length && !adding.length ? `Remove ${off.length === 1 ? 'the tag' : `${off.length} tags`}` : 'Set tags'}
      disabled={!adding.length && !off.length}
      {...shared}
      run={async () => {
        await call(`${kind}s.update_tags`, { ids: items.map((i) => i.id), add_tags: adding, remove_tags: off })
      }}
    >
      <TextInput data-autofocus label="Add" description="Several are parted by commas" value={text} onChange={(e) => setText(e.currentTarget.value)} />
      <div className="row" style={{ flexWrap: 'wrap', marginTop: 8 }}>
        {offered.map((t) => (
          <button key={t} type="button" className="plainbutton" aria-label={`Add the tag ${t}`} onClick={() => setText([...adding, t].join(', '))}>
            <Tag name={t} />
          </button>
        ))}
      </div>
      {set.length > 0 && (
        <Checkbox.Group mt={16} label="Remove" value={off} onChange={setOff}>
          <div className="choices">
            {set.map((t) => (
              <Checkbox
                key={t}
                size="xs"
                value={t}
                label={
                  <>
                    <Tag name={t} /> <span className="third">on {count(having(t))} of {count(items.length)}</span>
                  </>
                }
              />
            ))}
          </div>
        </Checkbox.Group>
      )}
      <div role="status" style={{ display: 'grid', gap: 4, justifyItems: 'start', marginTop: 12 }}>
        {off.map((t) => (
          <p key={t} className="badge warn" style={{ whiteSpace: 'normal' }}>
            “{t}” is removed from {many(having(t))}.
          </p>
        ))}
      </div>
    </Ask>
  )
}
