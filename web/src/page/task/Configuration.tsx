import { ActionIcon, Button, TextInput, Textarea } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { call } from '../../api/client'
import type { Configuration as Content, Parameter, Task } from '../../api/types'
import { count } from '../../lib/format'
import { Ask } from '../../ui/Dialog'
import { Hands } from '../../ui/Hands'
import { Heads } from '../../ui/Heads'
import { Icon } from '../../ui/Icon'
import { CopyButton, Empty } from '../../ui/Parts'
import './artifacts.css'

/** The section of user properties: they are no parameters, and may change until the task is published. */
const PROPERTIES = 'properties'

type Asking =
  | { what: 'parameter'; parameter: Parameter; fresh: boolean }
  | { what: 'without'; parameter: Parameter }
  | { what: 'object'; object: Content; fresh: boolean }
  | { what: 'without object'; object: Content }

/** Hyper-parameters by section, user properties and configuration objects; edited in drafts. */
export function Configuration({ task }: { task: Task }) {
  const client = useQueryClient()
  const [q, setQ] = useState('')
  const [asking, setAsking] = useState<Asking>()
  const draft = task.status === 'created'
  const named = task.status !== 'published' && task.status !== 'publishing'
  const sections = Object.entries(task.hyperparams ?? {}).sort(([a], [b]) => a.localeCompare(b))
  const objects = Object.values(task.configuration ?? {}).sort((a, b) => a.name.localeCompare(b.name))
  const add = (section: string) => setAsking({ what: 'parameter', fresh: true, parameter: { section, name: '', value: '', type: '' } })
  const shared = { close: () => setAsking(undefined), done: () => void client.invalidateQueries({ queryKey: ['task', task.id] }) }
  const tools = (
    <>
      {draft && (
        <>
          <Button leftSection={<Icon name="plus" size={13} />} onClick={() => add('General')}>
            Parameter
          </Button>
          <Button leftSection={<Icon name="plus" size={13} />} onClick={() => setAsking({ what: 'object', fresh: true, object: { name: '', value: '', type: '' } })}>
            Configuration object
          </Button>
        </>
      )}
      {named && (
        <Button leftSection={<Icon name="plus" size={13} />} onClick={() => add(PROPERTIES)}>
          User property
        </Button>
      )}
    </>
  )
  const want = q.toLowerCase()
  return (
    <div className="pad">
      {sections.length || objects.length ? (
        <div className="row" style={{ flexWrap: 'wrap' }}>
          <TextInput
            data-filter
            w={280}
            value={q}
            placeholder="Filter parameters"
            aria-label="Filter parameters by name or value"
            leftSection={<Icon name="search" size={14} />}
            onChange={(e) => setQ(e.currentTarget.value)}
          />
          <span className="grow" />
          {tools}
        </div>
      ) : (
        <Empty title="Nothing is configured" code={'task.connect({"lr": 0.1, "epochs": 10})'}>
          <div className="row" style={{ flexWrap: 'wrap' }}>
            {tools}
          </div>
        </Empty>
      )}
      {sections.map(([section, parameters]) => {
        const rows = Object.values(parameters)
          .filter((p) => (p.name + '\n' + p.value).toLowerCase().includes(want))
          .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }))
        if (!rows.length) return null
        const editable = section === PROPERTIES ? named : draft
        return (
          <section key={section} className="frame" style={{ marginInline: 0 }} aria-label={section}>
            <div className="framehead">
              <h2 className="strong" style={{ fontSize: 'inherit' }}>
                {section === PROPERTIES ? 'User properties' : section}
              </h2>
              <span className="third">{count(rows.length)}</span>
              <span className="grow" />
              {editable && (
                <ActionIcon variant="subtle" color="gray" aria-label={`Add to ${section}`} onClick={() => add(section)}>
                  <Icon name="plus" size={14} />
                </ActionIcon>
              )}
            </div>
            <table className="plain">
              <Heads hidden of={['Name', 'Value', 'Type', ...(editable ? ['Actions'] : [])]} />
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
                    <td className="third" style={{ width: 72 }}>
                      {p.type}
                    </td>
                    {editable && (
                      <td style={{ width: 76 }}>
                        <Hands name={p.name} edit={() => setAsking({ what: 'parameter', parameter: p, fresh: false })} remove={() => setAsking({ what: 'without', parameter: p })} />
                      </td>
                    )}
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
            {draft && <Hands name={c.name} edit={() => setAsking({ what: 'object', object: c, fresh: false })} remove={() => setAsking({ what: 'without object', object: c })} />}
          </div>
          <pre tabIndex={0}>{c.value}</pre>
        </section>
      ))}
      {asking?.what === 'parameter' && <ParameterDialog task={task} {...asking} {...shared} />}
      {asking?.what === 'object' && <ObjectDialog task={task} {...asking} {...shared} />}
      {asking?.what === 'without' && (
        <Ask
          title={`Remove ${asking.parameter.name}`}
          action="Remove"
          danger
          {...shared}
          run={async () => {
            const { section, name } = asking.parameter
            await call('tasks.delete_hyper_params', { task: task.id, hyperparams: [{ section, name }] })
          }}
        >
          <p>Its value is {asking.parameter.value ? <code>{asking.parameter.value}</code> : 'empty'}.</p>
        </Ask>
      )}
      {asking?.what === 'without object' && (
        <Ask
          title={`Remove ${asking.object.name}`}
          action="Remove"
          danger
          {...shared}
          run={async () => {
            await call('tasks.delete_configuration', { task: task.id, configuration: [asking.object.name] })
          }}
        >
          <p>The program that runs the task will not find this configuration.</p>
        </Ask>
      )}
    </div>
  )
}

interface Shared {
  task: Task
  fresh: boolean
  close: () => void
  done: () => void
}

function ParameterDialog({ task, parameter, fresh, ...shared }: Shared & { parameter: Parameter }) {
  const [p, setP] = useState(parameter)
  const own = p.section === PROPERTIES
  const taken = fresh && !!task.hyperparams?.[p.section]?.[p.name.trim()]
  return (
    <Ask
      title={fresh ? (own ? 'Add a user property' : 'Add a parameter') : `Edit ${parameter.name}`}
      action="Save"
      disabled={!p.name.trim() || !p.section.trim() || taken}
      {...shared}
      run={async () => {
        await call('tasks.edit_hyper_params', { task: task.id, hyperparams: [p] })
      }}
    >
      {fresh && !own && (
        <TextInput label="Section" mb={8} value={p.section} onChange={(e) => setP({ ...p, section: e.currentTarget.value })} />
      )}
      {fresh && (
        <TextInput data-autofocus label="Name" mb={8} value={p.name} error={taken && 'There is one of that name.'} onChange={(e) => setP({ ...p, name: e.currentTarget.value })} />
      )}
      <Textarea data-autofocus={!fresh || undefined} size="xs" label="Value" autosize maxRows={12} value={p.value} onChange={(e) => setP({ ...p, value: e.currentTarget.value })} />
      <TextInput mt={8} label="Type" value={p.type ?? ''} onChange={(e) => setP({ ...p, type: e.currentTarget.value })} />
      <TextInput mt={8} label="Description" value={p.description ?? ''} onChange={(e) => setP({ ...p, description: e.currentTarget.value })} />
    </Ask>
  )
}

function ObjectDialog({ task, object, fresh, ...shared }: Shared & { object: Content }) {
  const [c, setC] = useState(object)
  const taken = fresh && !!task.configuration?.[c.name.trim()]
  return (
    <Ask
      title={fresh ? 'Add a configuration object' : `Edit ${object.name}`}
      action="Save"
      disabled={!c.name.trim() || taken}
      {...shared}
      run={async () => {
        await call('tasks.edit_configuration', { task: task.id, configuration: [c] })
      }}
    >
      {fresh && (
        <TextInput data-autofocus label="Name" mb={8} value={c.name} error={taken && 'There is one of that name.'} onChange={(e) => setC({ ...c, name: e.currentTarget.value })} />
      )}
      <Textarea
        data-autofocus={!fresh || undefined}
        size="xs"
        label="Value"
        autosize
        minRows={8}
        maxRows={24}
        styles={{ input: { fontFamily: 'var(--mono)' } }}
        value={c.value}
        onChange={(e) => setC({ ...c, value: e.currentTarget.value })}
      />
      <TextInput mt={8} label="Type" value={c.type ?? ''} onChange={(e) => setC({ ...c, type: e.currentTarget.value })} />
    </Ask>
  )
}
