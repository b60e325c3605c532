import { TextInput } from '@mantine/core'
import { useState } from 'react'
import type { Task } from '../../api/types'
import { count } from '../../lib/format'
import { Icon } from '../../ui/Icon'
import { CopyButton, Empty } from '../../ui/Parts'
import './artifacts.css'

/** Hyper-parameters by section, user properties and configuration objects. */
export function Configuration({ task }: { task: Task }) {
  const [q, setQ] = useState('')
  const sections = Object.entries(task.hyperparams ?? {}).sort(([a], [b]) => a.localeCompare(b))
  const objects = Object.values(task.configuration ?? {}).sort((a, b) => a.name.localeCompare(b.name))
  if (!sections.length && !objects.length) {
    return <Empty title="Nothing is configured" code={'task.connect({"lr": 0.1, "epochs": 10})'} />
  }
  const want = q.toLowerCase()
  return (
    <div className="pad">
      <TextInput
        data-filter
        w={280}
        value={q}
        placeholder="Filter parameters"
        aria-label="Filter parameters by name or value"
        leftSection={<Icon name="search" size={14} />}
        onChange={(e) => setQ(e.currentTarget.value)}
      />
      {sections.map(([section, parameters]) => {
        const rows = Object.values(parameters)
          .filter((p) => (p.name + '\n' + p.value).toLowerCase().includes(want))
          .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }))
        if (!rows.length) return null
        return (
          <section key={section} className="frame" style={{ marginInline: 0 }} aria-label={section}>
            <div className="framehead">
              <h2 className="strong" style={{ fontSize: 'inherit' }}>
                {section === 'properties' ? 'User properties' : section}
              </h2>
              <span className="third">{count(rows.length)}</span>
            </div>
            <table className="plain">
              <thead className="hidden">
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">Value</th>
                  <th scope="col">Type</th>
                </tr>
              </thead>
              <tbody>
                {rows.map((p) => (
                  <tr key={p.name}>
                    <td style={{ width: '32%' }} title={p.description}>
                      {p.name}
                    </td>
                    <td className="mono">
                      {p.value}
                      <CopyButton text={p.value} label={`Copy the value of ${p.name}`} />
                    </td>
                    <td className="third" style={{ width: 100 }}>
                      {p.type}
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
        )
      })}
      {objects.map((c) => (
        <section key={c.name} className="frame" style={{ marginInline: 0 }} aria-label={c.name}>
          <div className="framehead">
            <h2 className="strong" style={{ fontSize: 'inherit' }}>
              {c.name}
            </h2>
            <span className="third">{c.type}</span>
            <span className="grow" />
            <CopyButton text={c.value} label={`Copy ${c.name}`} />
          </div>
          <pre tabIndex={0}>{c.value}</pre>
        </section>
      ))}
    </div>
  )
}
