import { Button, Textarea } from '@mantine/core'
import { useState } from 'react'
import { Failed } from '../ui/Parts'

/** A text that is shown, and edited on demand. */
export function Description({ text, save }: { text: string; save: (text: string) => Promise<unknown> }) {
  const [draft, setDraft] = useState<string>()
  const [error, setError] = useState<unknown>()
  if (draft === undefined) {
    return (
      <>
        {text && <p style={{ whiteSpace: 'pre-wrap' }}>{text}</p>}
        <Button size="compact-xs" onClick={() => setDraft(text)}>
          {text ? 'Edit the description' : 'Add a description'}
        </Button>
      </>
    )
  }
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault()
        save(draft).then(() => setDraft(undefined), setError)
      }}
    >
      <Textarea autosize minRows={3} maxRows={16} aria-label="Description" data-autofocus value={draft} onChange={(e) => setDraft(e.currentTarget.value)} />
      {error !== undefined && <Failed error={error} what="The description" how="could not be saved" />}
      <div className="row" style={{ marginTop: 8 }}>
        <Button type="submit" variant="filled">
          Save
        </Button>
        <Button onClick={() => setDraft(undefined)}>Cancel</Button>
      </div>
    </form>
  )
}
