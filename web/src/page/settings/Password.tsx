import { Button, PasswordInput } from '@mantine/core'
import { useState, type FormEvent } from 'react'
import { own } from '../../api/client'
import { Failed } from '../../ui/Parts'

/** Changes one's own password. */
export function Password() {
  const [old, setOld] = useState('')
  const [fresh, setFresh] = useState('')
  const [done, setDone] = useState(false)
  const [error, setError] = useState<unknown>()
  function submit(e: FormEvent) {
    e.preventDefault()
    setError(undefined)
    own('users/password', {}, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify({ old, new: fresh }) }).then(
      () => {
        setDone(true)
        setOld('')
        setFresh('')
      },
      setError,
    )
  }
  return (
    <form onSubmit={submit} style={{ display: 'grid', gap: 8, maxWidth: 320, marginTop: 24 }}>
      <h2 className="strong" style={{ fontSize: 'inherit' }}>
        Password
      </h2>
      <PasswordInput label="The present one" autoComplete="current-password" value={old} onChange={(e) => setOld(e.currentTarget.value)} />
      <PasswordInput label="The new one" description="8 characters or more" autoComplete="new-password" value={fresh} onChange={(e) => setFresh(e.currentTarget.value)} />
      {error !== undefined && <Failed error={error} what="The password" />}
      {done && <p role="status">Changed. Other sessions have ended.</p>}
      <Button type="submit" disabled={!old || fresh.length < 8} style={{ justifySelf: 'start' }}>
        Change the password
      </Button>
    </form>
  )
}
