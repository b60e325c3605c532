import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { Ask } from '../ui/Dialog'

interface Props {
  what: string
  name: string
  close: () => void
  done: () => void
  run: (name: string) => Promise<unknown>
}

export function Rename({ what, name, close, done, run }: Props) {
  const [text, setText] = useState(name)
  return (
    <Ask
      title={`Rename the ${what}`}
      action="Rename"
      disabled={!text.trim() || text === name}
      close={close}
      done={done}
      run={async () => {
        await run(text.trim())
      }}
    >
      <TextInput data-autofocus label="Name" value={text} onChange={(e) => setText(e.currentTarget.value)} />
    </Ask>
  )
}
