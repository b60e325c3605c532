/** Small parts that all pages share. */

import { ActionIcon, Button, SegmentedControl, Tooltip } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { useState, type ReactNode } from 'react'
import { Failure } from '../api/client'
import { usePreferences } from '../lib/preferences'
import { exactTime, hash, initials, shortDigest, when } from '../lib/format'
import { Icon, type IconName } from './Icon'
import './parts.css'

export function CopyButton({ text, label }: { text: string; label: string }) {
  const clipboard = useClipboard({ timeout: 2000 })
  return (
    <ActionIcon variant="subtle" color="gray" size={20} onClick={() => clipboard.copy(text)} aria-label={clipboard.copied ? 'Copied' : label}>
      <Icon name={clipboard.copied ? 'check' : 'copy'} size={13} />
    </ActionIcon>
  )
}

/** An id, shortened, that copies in full. */
export const IDChip = ({ id }: { id: string }) => (
  <span className="chip mono" title={id}>
    {id.slice(0, 8)}
    <CopyButton text={id} label="Copy the id" />
  </span>
)

/** A digest: copied in full; the mark tells whether the bytes here have it. */
export function DigestChip({ digest, state }: { digest: string; state: string }) {
  if (!digest) return <span className="third">no digest recorded</span>
  const marks: Record<string, [IconName, string, string]> = {
    stored: ['check', 'good', 'The bytes were hashed on arrival and have this digest.'],
    mismatched: ['warn', 'warn', 'The bytes that arrived have another digest.'],
    missing: ['cross', 'bad', 'The bytes with this digest are lost.'],
  }
  const mark = marks[state]
  return (
    <span className="chip mono" title={digest}>
      <span className="third">sha256</span> {shortDigest(digest)}
      <CopyButton text={digest} label="Copy the digest" />
      {mark && (
        <Tooltip label={mark[2]}>
          <span className={`mark ${mark[1]}`} role="img" aria-label={mark[2]}>
            <Icon name={mark[0]} size={13} />
          </span>
        </Tooltip>
      )}
    </span>
  )
}

/** A person as two letters; the whole name beside or in the tooltip. */
export function Person({ name, only }: { name?: string; only?: boolean }) {
  if (!name) return <span className="third">–</span>
  const colours = ['#6b35b0', '#0b63a5', '#8a5200', '#486929', '#b3261e', '#444c58']
  return (
    <span className="row" title={name}>
      <span className="avatar" style={{ background: colours[hash(name, colours.length)] }} aria-hidden={!only} aria-label={name} role="img">
        {initials(name)}
      </span>
      {!only && <span className="cut">{name}</span>}
    </span>
  )
}

export function Time({ at }: { at?: string | number }) {
  if (!at) return <span className="third">–</span>
  const date = new Date(typeof at === 'number' ? at * 1000 : at)
  return (
    <time dateTime={date.toISOString()} title={exactTime(date)}>
      {when(date)}
    </time>
  )
}

/** One sentence, one action, where fitting some lines of code. */
export function Empty({ title, children, code }: { title: string; children?: ReactNode; code?: string }) {
  return (
    <div className="empty">
      <p className="strong">{title}</p>
      {children && <div className="second">{children}</div>}
      {code && <Tip code={code} />}
    </div>
  )
}

/** Lines of code for those who want to be told. */
function Tip({ code }: { code: string }) {
  const [{ no_tips }] = usePreferences()
  return no_tips ? null : <Code tabs={{ Python: code }} />
}

/** What failed, what the server said, and what to do. */
export function Failed({ error, retry, what, how = 'could not be loaded' }: { error: unknown; retry?: () => void; what: string; how?: string }) {
  const f = error instanceof Failure ? error : new Failure(error instanceof Error ? error.message : String(error), 0)
  return (
    <div className="failed" role="alert">
      <p className="strong">{f.status === 404 || f.code === '400/101' ? 'Not found' : f.status === 403 ? 'No access' : `${what} ${how}`}</p>
      <p className="second">{f.message}</p>
      {(f.code || f.request) && (
        <p className="third mono">
          {[f.code, f.request].filter(Boolean).join(' · ')}
          {f.request && <CopyButton text={f.request} label="Copy the request id" />}
        </p>
      )}
      {retry && <Button onClick={retry}>Retry</Button>}
    </div>
  )
}

/** Lines of code with one copy button; several texts as tabs. */
export function Code({ tabs, label = 'Code' }: { tabs: Record<string, string>; label?: string }) {
  const names = Object.keys(tabs)
  const [chosen, choose] = useState(names[0] ?? '')
  const clipboard = useClipboard({ timeout: 2000 })
  const text = tabs[chosen] ?? tabs[names[0] ?? ''] ?? ''
  return (
    <div className="code">
      <div className="codehead">
        {names.length > 1 ? (
          <SegmentedControl size="xs" data={names} value={chosen} onChange={choose} aria-label={label} />
        ) : (
          <span className="third">{names[0]}</span>
        )}
        <Button size="compact-xs" leftSection={<Icon name={clipboard.copied ? 'check' : 'copy'} size={13} />} onClick={() => clipboard.copy(text)}>
          {clipboard.copied ? 'Copied' : 'Copy'}
        </Button>
      </div>
      <pre tabIndex={0} aria-label={`${label}: ${chosen}`}>
        {text}
      </pre>
    </div>
  )
}

/** A list of facts: name and value. */
export function Facts({ rows }: { rows: [string, ReactNode][] }) {
  return (
    <dl className="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value === '' || value === undefined || value === null ? <span className="third">–</span> : value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** Blocks in the place of what is being loaded. */
export const Waiting = ({ rows = 6 }: { rows?: number }) => (
  <div className="waiting" role="status" aria-busy="true" aria-label="Loading">
    {Array.from({ length: rows }, (_, i) => (
      <i key={i} style={{ width: `${90 - ((i * 17) % 40)}%` }} />
    ))}
  </div>
)
