import { Button, PasswordInput, TextInput } from '@mantine/core'
import { useSearch } from '@tanstack/react-router'
import { useEffect, useRef, useState, type FormEvent } from 'react'
import { Failure, call, login, own } from '../api/client'
import { queryClient } from '../api/query'
import './login.css'

export function Login() {
  const { next, invitation } = useSearch({ from: '/login' })
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [error, setError] = useState('')
  const [busy, setBusy] = useState(false)
  const field = useRef<HTMLInputElement>(null)

  async function submit(e: FormEvent) {
    e.preventDefault()
    setBusy(true)
    setError('')
    try {
      await login(name, password)
      queryClient.clear()
      const { tasks } = await call<{ tasks: unknown[] }>('tasks.get_all', { only_fields: ['id'], page: 0, page_size: 1 })
      // Only a path of ours: an address from elsewhere could lead away.
      const inside = next && next.startsWith('/') && !next.startsWith('//') && !next.startsWith('/\\')
      location.assign(inside ? next : tasks.length ? '/' : '/welcome')
    } catch (cause) {
      setBusy(false)
      setError(cause instanceof Failure && cause.status === 401 ? cause.message || 'The name or the password is wrong.' : String((cause as Error).message))
      field.current?.focus()
    }
  }

  if (invitation) return <Accept token={invitation} />
  return (
    <main className="login">
      <title>Sign in · Coffer</title>
      <form onSubmit={submit}>
        <div className="row">
          <img src="/coffer.svg" alt="" width="28" height="28" />
          <h1>Sign in to Coffer</h1>
        </div>
        <TextInput label="Name" size="sm" value={name} onChange={(e) => setName(e.currentTarget.value)} autoComplete="username" autoFocus required />
        <PasswordInput
          ref={field}
          label="Password"
          size="sm"
          value={password}
          onChange={(e) => setPassword(e.currentTarget.value)}
          autoComplete="current-password"
          error={error}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
          required
        />
        <Button type="submit" variant="filled" size="sm" loading={busy}>
          Sign in
        </Button>
        <p className="third">The server printed the first password when it was started for the first time.</p>
      </form>
    </main>
  )
}

const post = (body: object): RequestInit => ({ method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) })

/** Whoever holds an invitation chooses the password of an account, and is signed in. */
function Accept({ token }: { token: string }) {
  const [name, setName] = useState('')
  const [password, setPassword] = useState('')
  const [error, setError] = useState('')
  const [busy, setBusy] = useState(false)
  useEffect(() => {
    own<{ name: string }>('invitation/look', {}, post({ token })).then(
      (found) => setName(found.name),
      (cause: Error) => setError(`${cause.message}: ask for a new invitation.`),
    )
  }, [token])
  async function submit(e: FormEvent) {
    e.preventDefault()
    setBusy(true)
    setError('')
    try {
      await own('invitation/accept', {}, post({ token, password }))
      await login(name, password)
      queryClient.clear()
      location.assign('/')
    } catch (cause) {
      setBusy(false)
      setError((cause as Error).message)
    }
  }
  return (
    <main className="login">
      <title>Choose a password · Coffer</title>
      <form onSubmit={submit}>
        <div className="row">
          <img src="/coffer.svg" alt="" width="28" height="28" />
          <h1>{name ? `Welcome, ${name}` : 'Welcome'}</h1>
        </div>
        <PasswordInput
          label="Choose a password"
          description="8 characters or more"
          size="sm"
          value={password}
          onChange={(e) => setPassword(e.currentTarget.value)}
          autoComplete="new-password"
          error={error}
          visibilityToggleButtonProps={{ 'aria-label': 'Show the password' }}
          required
        />
        <Button type="submit" variant="filled" size="sm" loading={busy} disabled={!name || password.length < 8}>
          Go on
        </Button>
      </form>
    </main>
  )
}
