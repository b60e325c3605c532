import type { ReactNode } from 'react'
import type { Task } from '../../api/types'
import { CopyButton, Empty, Facts } from '../../ui/Parts'
import './artifacts.css'

/** Parts of addresses and names that look like secrets are not shown. */
const masked = (text: string) => text.replace(/(:\/\/[^/@:\s]+:)[^/@\s]+@/g, '$1***@')

/** Where the code came from, what it was run with, and in what. */
export function Execution({ task }: { task: Task }) {
  const s = task.script ?? {}
  const packages = Object.entries(s.requirements ?? {}).filter(([, text]) => typeof text === 'string' && text)
  const container = Object.entries(task.container ?? {}).filter(([, v]) => v)
  if (!s.entry_point && !s.repository && !container.length && !packages.length) return <Empty title="Nothing is known of how this was run." />
  return (
    <div className="pad">
      <Facts
        rows={[
          ['Repository', s.repository && <span className="mono">{masked(s.repository)}</span>],
          ['Commit', s.version_num && <span className="mono">{s.version_num}</span>],
          ['Branch', s.branch],
          ['Script', s.entry_point && <span className="mono">{s.entry_point}</span>],
          ['Working directory', s.working_dir && <span className="mono">{s.working_dir}</span>],
          ['Binary', s.binary && <span className="mono">{s.binary}</span>],
          ['Destination of outputs', task.output?.destination && <span className="mono">{task.output.destination}</span>],
          ...container.map(([k, v]): [string, ReactNode] => [`Container ${k}`, <span className="mono">{masked(String(v))}</span>]),
        ]}
      />
      {packages.map(([tool, text]) => (
        <Text key={tool} title={`Packages (${tool})`} text={String(text)} />
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
