import { Button } from '@mantine/core'
import { useState, type ReactNode } from 'react'
import type { Task } from '../../api/types'
import { masked } from '../../lib/mask'
import { usePreferences } from '../../lib/preferences'
import { Icon } from '../../ui/Icon'
import { CopyButton, Empty, Facts } from '../../ui/Parts'
import { ExecutionForm } from './ExecutionForm'
import './artifacts.css'

/** The page of a repository, of which people may write the address in the ways of git; none if it has no host. */
function pageOf(repository: string): string | undefined {
  const named = /^(?:git@|ssh:\/\/(?:[^@/]+@)?)([\w.-]+)(?::\d+\/|[:/])(.+)$/.exec(repository)
  const text = named ? `https://${named[1]}/${named[2]}` : repository
  if (!URL.canParse(text)) return undefined
  const url = new URL(text)
  if (!/^https?:$/.test(url.protocol)) return undefined
  return `${url.protocol}//${url.host}${url.pathname.replace(/(\.git)?\/*$/, '')}`
}

const Outside = ({ to, text }: { to: string | undefined; text: string }) =>
  to ? (
    <a className="mono" href={to} target="_blank" rel="noreferrer">
      {text}
    </a>
  ) : (
    <span className="mono">{text}</span>
  )

/** What an agent installed stands in the place of what the program was first run with, which is kept beside it. */
const packageNames: Record<string, string> = { pip: 'Packages', orig_pip: 'Packages, as first recorded', conda: 'Packages (conda)', orig_conda: 'Packages (conda), as first recorded' }

/** Where the code came from, what it was run with, and in what. */
export function Execution({ task }: { task: Task }) {
  const [editing, setEditing] = useState(false)
  const [{ hide_container }] = usePreferences()
  const s = task.script ?? {}
  const packages = Object.entries(s.requirements ?? {}).filter(([, text]) => typeof text === 'string' && text)
  const container = Object.entries(task.container ?? {}).filter(([, v]) => v)
  const edit = task.status === 'created' && (
    <Button leftSection={<Icon name="pencil" size={13} />} onClick={() => setEditing(true)}>
      Edit
    </Button>
  )
  if (editing) return <ExecutionForm task={task} close={() => setEditing(false)} />
  if (!s.entry_point && !s.repository && !s.diff && !container.length && !packages.length) return <Empty title="Nothing is known of how this was run.">{edit}</Empty>
  const home = s.repository ? pageOf(s.repository) : undefined
  return (
    <div className="pad">
      {edit}
      <Facts
        rows={[
          ['Repository', s.repository && <Outside to={home} text={masked(s.repository)} />],
          ['Commit', s.version_num && <Outside to={home && `${home}/commit/${s.version_num}`} text={s.version_num} />],
          ['Branch', s.branch],
          ['Tag', s.tag],
          ['Script', s.entry_point && <span className="mono">{s.entry_point}</span>],
          ['Working directory', s.working_dir && <span className="mono">{s.working_dir}</span>],
          ['Binary', s.binary && <span className="mono">{s.binary}</span>],
          ['Destination of outputs', task.output?.destination && <span className="mono">{masked(task.output.destination)}</span>],
          ...container.map(([k, v]): [string, ReactNode] => [`Container ${k.replaceAll('_', ' ')}`, hide_container && k === 'arguments' ? <span className="third">hidden by your preferences</span> : <span className="mono">{masked(String(v))}</span>]),
        ]}
      />
      {packages.map(([tool, text]) => (
        <Text key={tool} title={packageNames[tool] ?? `Packages (${tool})`} text={String(text)} />
      ))}
      {s.diff && <Diff text={s.diff} />}
    </div>
  )
}

function Text({ title, text }: { title: string; text: string }) {
  return (
    <section className="frame" style={{ marginInline: 0 }} aria-label={title}>
      <div className="framehead">
        <h2 className="strong grow" style={{ fontSize: 'inherit' }}>
          {title}
        </h2>
        <CopyButton text={text} label={`Copy ${title}`} />
      </div>
      <pre tabIndex={0} style={{ maxHeight: 420 }}>
        {text}
      </pre>
    </section>
  )
}

/** Longer files of a diff are folded. */
const FOLD = 400

function Diff({ text }: { text: string }) {
  const files = text.startsWith('diff ') ? text.split(/^(?=diff --git )/m) : [text]
  return (
    <section className="frame" style={{ marginInline: 0 }} aria-label="Uncommitted changes">
      <div className="framehead">
        <h2 className="strong grow" style={{ fontSize: 'inherit' }}>
          {text.startsWith('diff ') ? 'Uncommitted changes' : 'Code'}
        </h2>
        <CopyButton text={text} label="Copy the changes" />
      </div>
      {files.map((file, i) => {
        const lines = file.split('\n')
        const name = /^diff --git a\/(\S+)/.exec(file)?.[1] ?? ''
        return (
          <details key={i} open={lines.length <= FOLD}>
            <summary className="pad mono" style={{ paddingBlock: 6 }}>
              {name || `${lines.length} lines`}
            </summary>
            <pre tabIndex={0}>
              {lines.map((line, n) => (
                <span
                  key={n}
                  style={{
                    display: 'block',
                    color: line.startsWith('+') ? 'var(--good)' : line.startsWith('-') ? 'var(--bad)' : line.startsWith('@@') ? 'var(--text-3)' : undefined,
                  }}
                >
                  {line || ' '}
                </span>
              ))}
            </pre>
          </details>
        )
      })}
    </section>
  )
}
