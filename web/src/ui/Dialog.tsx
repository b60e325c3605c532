/** Dialogs that ask before something is done, and tell what came of it. */

import { Button, Modal, Progress } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import type { Many } from '../api/types'
import { count } from '../lib/format'
import { Failed, CopyButton } from './Parts'

interface Props {
  title: string
  close: () => void
  action: string // the words on the button
  danger?: boolean
  disabled?: boolean
  children?: ReactNode
  /** Does it; what it gives is told if any of many failed. */
  run: (progress: (done: number) => void) => Promise<Many | void>
  done?: () => void
  name?: (id: string) => string
  /** How many it is done to: progress is shown as a part of them. */
  of?: number
}

/** Asks, does, tells failures one by one; it closes by itself only if there were none. */
export function Ask({ title, close, action, danger, disabled, children, run, done, name = (id) => id, of }: Props) {
  const [busy, setBusy] = useState(false)
  const [progress, setProgress] = useState(0)
  const [error, setError] = useState<unknown>()
  const [result, setResult] = useState<Many>()
  async function go() {
    setBusy(true)
    setError(undefined)
    try {
      const got = await run(setProgress)
      done?.()
      if (got && got.failed.length) setResult(got)
      else close()
    } catch (e) {
      setError(e)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Modal opened onClose={close} title={title} closeButtonProps={{ 'aria-label': 'Close' }}>
      {result ? (
        <>
          <p role="status">
            {count(result.succeeded.length)} done, {count(result.failed.length)} not:
          </p>
          <Failures many={result} name={name} />
          <div className="row" style={{ justifyContent: 'flex-end', marginTop: 16 }}>
            <CopyButton text={result.failed.map((f) => `${name(f.id)} ${f.id}: ${f.error.msg}`).join('\n')} label="Copy what failed" />
            <Button onClick={close}>Close</Button>
          </div>
        </>
      ) : (
        <form
          onSubmit={(e) => {
            e.preventDefault()
            void go()
          }}
        >
          {children}
          {busy && (of || progress > 0) && (
            <div role="status" style={{ marginTop: 12 }}>
              {of && <Progress value={(progress / of) * 100} aria-label="Progress" />}
              {count(progress)}
              {of && ` of ${count(of)}`} done
            </div>
          )}
          {error !== undefined && <Failed error={error} what={`“${action}”`} how="did not work" />}
          <div className="row" style={{ justifyContent: 'flex-end', marginTop: 16 }}>
            <Button data-autofocus={danger ? true : undefined} onClick={close}>
              Cancel
            </Button>
            <Button
              variant="filled"
              style={danger ? { background: disabled ? undefined : 'var(--danger)' } : undefined}
              loading={busy}
              disabled={disabled}
              type="submit"
            >
              {action}
            </Button>
          </div>
        </form>
      )}
    </Modal>
  )
}

export const Failures = ({ many, name }: { many: Many; name: (id: string) => string }) => (
  <ul style={{ maxHeight: 240, overflow: 'auto' }}>
    {many.failed.map((f) => (
      <li key={f.id}>
        <b>{name(f.id)}</b>: {f.error.msg}
      </li>
    ))}
  </ul>
)
