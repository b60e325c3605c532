import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Suspense, lazy, type ReactNode } from 'react'
import { own } from '../../api/client'
import { artifact, versions } from '../../api/query'
import type { Artifact } from '../../api/types'
import { exactSize, size } from '../../lib/format'
import { snippets } from '../../lib/snippets'
import { StateBadge, stateMeans } from '../../ui/Badge'
import { Icon, typeIcon } from '../../ui/Icon'
import { Code, CopyButton, DigestChip, Facts, Failed, Time, Waiting } from '../../ui/Parts'
import { Tabs } from '../../ui/Tabs'
import { partNames, type Part } from '../../preview/types'

const Content = lazy(() => import('../../preview/Preview'))

const views = ['preview', 'files', 'metadata', 'versions', 'use'] as const
type View = (typeof views)[number]

const fileName = (uri: string) => decodeURIComponent(uri.split(/[?#]/)[0]?.split('/').at(-1) ?? '')

/** The path of an address on this server, from the origin of the page: one cookie opens it. */
export function bytesAt(a: Artifact): string | undefined {
  if (a.state === 'external' || !/^https?:/.test(a.uri)) return undefined
  const url = new URL(a.uri)
  const path = url.pathname.replace(/^\/files(?=\/)/, '')
  return `/files${path}${a.file_version ? `?version=${a.file_version}` : ''}`
}

/** One artifact: what it is, its content, and how to use it. */
export function Detail({ item, taskName }: { item: Artifact; taskName: string }) {
  const search = useSearch({ from: '/inside/tasks/$tid/$tab' })
  const view: View = views.includes(search.view as View) ? (search.view as View) : 'preview'
  const link = useClipboard({ timeout: 2000 })
  const bytes = bytesAt(item)
  const file = fileName(item.uri)
  const at = (v: View) => ({
    to: '/tasks/$tid/$tab' as const,
    params: { tid: item.task, tab: 'artifacts' },
    search: { q: search.q, sort: search.sort, key: item.key, mode: item.mode, view: v === 'preview' ? undefined : v } as never,
  })
  return (
    <>
      <div className="head">
        <span className="square">
          <Icon name={typeIcon(item.type)} />
        </span>
        <h2>{item.key}</h2>
        <span className="mono third cut">{file}</span>
        <StateBadge state={item.state} />
        <span className="grow" />
        <Tooltip label={link.copied ? 'Copied' : 'Copy a link to this'}>
          <ActionIcon variant="default" size={28} aria-label="Copy a link to this" onClick={() => link.copy(location.href)}>
            <Icon name={link.copied ? 'check' : 'link'} />
          </ActionIcon>
        </Tooltip>
        {bytes && (
          <Button component="a" href={bytes} download={file} variant="filled" leftSection={<Icon name="down" size={14} />}>
            Download
          </Button>
        )}
      </div>
      <div className="factsline">
        <DigestChip digest={item.sha256} state={item.state} />
        <b title={exactSize(item.size)}>{size(item.size)}</b>
        <span>{item.content_type || item.type}</span>
        <span>
          v{item.version}
          {item.versions && item.versions > 1 && ` of ${item.versions}`}
        </span>
        <Time at={item.registered} />
      </div>
      <div className="under">
        <Tabs
          label="Views of the artifact"
          items={[
            { label: 'Preview', active: view === 'preview', link: at('preview') },
            { label: 'Files', active: view === 'files', link: at('files') },
            { label: 'Metadata', count: Object.keys(item.metadata).length || undefined, active: view === 'metadata', link: at('metadata') },
            { label: 'Versions', count: item.versions, active: view === 'versions', link: at('versions') },
            { label: 'Use it', active: view === 'use', link: at('use') },
          ]}
        />
      </div>
      {view === 'preview' && <Preview item={item} />}
      {view === 'files' && <Files item={item} bytes={bytes} file={file} />}
      {view === 'metadata' && <Metadata item={item} />}
      {view === 'versions' && <Versions item={item} />}
      {view === 'use' && (
        <div className="pad">
          <Code tabs={snippets(item, taskName)} label="Use it" />
          {/pickle/i.test(item.type + item.content_type) && (
            <p className="note">Loading a pickle runs what it holds. Load it only if you trust whoever logged it.</p>
          )}
        </div>
      )}
    </>
  )
}

function Frame({ title, children, right }: { title: ReactNode; children: ReactNode; right?: ReactNode }) {
  return (
    <section className="frame" aria-label="Preview">
      <div className="framehead">
        <span className="strong">{title}</span>
        <span className="grow" />
        {right}
      </div>
      {children}
    </section>
  )
}

/** What is in the bytes, with the text that the SDK sent beside it. */
function Preview({ item }: { item: Artifact }) {
  const search = useSearch({ from: '/inside/tasks/$tid/$tab' })
  const navigate = useNavigate()
  const part: Part = Object.fromEntries(partNames.flatMap((n) => (search[n] ? [[n, search[n]]] : [])))
  const set = (change: Part) =>
    void navigate({
      to: '/tasks/$tid/$tab',
      params: { tid: item.task, tab: 'artifacts' },
      search: { q: search.q, sort: search.sort, key: item.key, mode: item.mode, ...change } as never,
    })
  if (item.state !== 'stored' || !item.sha256) return <Logged item={item} />
  if (search.as === 'logged') {
    return (
      <>
        <Logged item={item} />
        <p className="aslogged">
          <button type="button" className="aslink" onClick={() => set({})}>
            What is in the bytes
          </button>
        </p>
      </>
    )
  }
  return (
    <>
      <Suspense fallback={<Waiting />}>
        <Content digest={item.sha256} part={part} set={set} />
      </Suspense>
      <p className="aslogged">
        <button type="button" className="aslink" onClick={() => set({ as: 'logged' })}>
          The text that was logged with it
        </button>
      </p>
    </>
  )
}

function Logged({ item }: { item: Artifact }) {
  const whole = useQuery(artifact(item.task, item.key, item.mode))
  if (whole.error) return <Failed error={whole.error} retry={() => whole.refetch()} what="The preview" />
  if (!whole.data) return <Waiting />
  if (item.state !== 'stored' && item.state !== 'external') {
    return (
      <Frame title={stateMeans[item.state]}>
        <div className="pad">
          <Facts
            rows={[
              ['Promised digest', <span className="mono">{item.sha256}</span>],
              ['Promised size', exactSize(item.size)],
              ['Address', <span className="mono">{item.uri}</span>],
            ]}
          />
        </div>
      </Frame>
    )
  }
  const text = whole.data.preview
  return (
    <Frame title={text ? 'As logged' : 'No preview'} right={text && <CopyButton text={text} label="Copy the text" />}>
      {text ? (
        <pre tabIndex={0} aria-label="Preview as logged">
          {text}
        </pre>
      ) : (
        <p className="pad second">
          {item.state === 'external' ? 'The bytes are kept elsewhere; Coffer only knows the address.' : 'The SDK that logged this sent no preview.'}
        </p>
      )}
    </Frame>
  )
}

interface Blob {
  size: number
  created: string
  files: { path: string; version: number; created: string }[]
  artifacts: { task: string; task_name: string; key: string; mode: string; version: number }[]
  models: { id: string; name: string; version: number }[]
}

/** Where the bytes are, and where else they are used. */
function Files({ item, bytes, file }: { item: Artifact; bytes?: string; file: string }) {
  const used = useQuery({
    queryKey: ['blob', item.sha256],
    queryFn: ({ signal }) => own<Blob>(`blobs/${item.sha256}`, {}, { signal }),
    enabled: item.state === 'stored' && item.sha256 !== '',
  })
  const others = used.data?.artifacts.filter((a) => a.task !== item.task || a.key !== item.key || a.mode !== item.mode) ?? []
  return (
    <div className="pad">
      <Facts
        rows={[
          ['File', bytes ? <a href={bytes} download={file}>{file}</a> : file],
          ['Kept by', item.state === 'external' ? new URL(item.uri, location.href).host || 'somebody else' : 'Coffer'],
          ['Size', exactSize(item.size)],
          [
            'Address',
            <span className="row">
              <span className="mono">{item.uri}</span>
              <CopyButton text={item.uri} label="Copy the address" />
            </span>,
          ],
          ['First stored', used.data && <Time at={used.data.created} />],
          ['Files with these bytes', used.data && used.data.files.map((f) => <div key={f.path} className="mono">{f.path} (version {f.version})</div>)],
          [
            'Same bytes elsewhere',
            used.data &&
              (others.length + used.data.models.length > 0 ? (
                <>
                  {others.map((a) => (
                    <div key={`${a.task} ${a.key} ${a.version}`}>
                      <a href={`/tasks/${a.task}/artifacts?${new URLSearchParams({ key: a.key, mode: a.mode })}`}>{a.key}</a> of {a.task_name}
                    </div>
                  ))}
                  {used.data.models.map((m) => (
                    <div key={m.id}>model {m.name}</div>
                  ))}
                </>
              ) : (
                'nowhere'
              )),
          ],
        ]}
      />
      {used.error && <Failed error={used.error} retry={() => used.refetch()} what="Where the bytes are used" />}
    </div>
  )
}

function Metadata({ item }: { item: Artifact }) {
  const rows = Object.entries(item.metadata)
  return (
    <div className="pad">
      {rows.length > 0 && (
        <table className="plain">
          <thead>
            <tr>
              <th scope="col">Key</th>
              <th scope="col">Value</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([key, v]) => (
              <tr key={key}>
                <td>{key}</td>
                <td>
                  {/^https?:\/\/\S+$/.test(v) ? (
                    <a href={v} target="_blank" rel="noopener noreferrer">
                      {v}
                    </a>
                  ) : (
                    v
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <Facts
        rows={[
          ['Key', item.key],
          ['Mode', item.mode],
          ['Type', item.type],
          ['Content type', item.content_type],
          ['SHA-256', item.sha256 && <span className="mono">{item.sha256}</span>],
          ['Hash of the data', item.data_hash && <span className="mono">{item.data_hash}</span>],
          ['Size', exactSize(item.size)],
          ['Logged', item.timestamp ? <Time at={item.timestamp} /> : ''],
          ['Registered', <Time at={item.registered} />],
          [
            'Address',
            <span className="row">
              <span className="mono">{item.uri}</span>
              <CopyButton text={item.uri} label="Copy the address" />
            </span>,
          ],
        ]}
      />
    </div>
  )
}

function Versions({ item }: { item: Artifact }) {
  const list = useQuery(versions(item.task, item.key, item.mode))
  const client = useQueryClient()
  const restore = useMutation({
    mutationFn: (v: number) =>
      own(`tasks/${item.task}/artifact/restore`, { key: item.key, mode: item.mode, v }, { method: 'POST', headers: { 'Content-Type': 'application/json' } }),
    onSuccess: () => Promise.all([client.invalidateQueries({ queryKey: ['versions', item.task] }), client.invalidateQueries({ queryKey: ['artifacts', item.task] })]),
  })
  if (list.error) return <Failed error={list.error} retry={() => list.refetch()} what="The versions" />
  if (!list.data) return <Waiting />
  return (
    <div className="pad scrolls">
      {restore.error && <Failed error={restore.error} what="The version" />}
      <table className="plain">
        <thead>
          <tr>
            <th scope="col">Version</th>
            <th scope="col">Registered</th>
            <th scope="col">State</th>
            <th scope="col" className="num">
              Size
            </th>
            <th scope="col">SHA-256</th>
            <th scope="col">
              <span className="hidden">Actions</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {list.data.map((v, i) => {
            const bytes = bytesAt(v)
            return (
              <tr key={v.version}>
                <td>v{v.version}</td>
                <td>
                  <Time at={v.registered} />
                </td>
                <td>
                  <StateBadge state={v.state} />
                </td>
                <td className="num" title={exactSize(v.size)}>
                  {size(v.size)}
                </td>
                <td>
                  <DigestChip digest={v.sha256} state={v.state} />
                </td>
                <td>
                  {bytes && v.state === 'stored' && (
                    <a href={bytes} download={fileName(v.uri)} aria-label={`Download version ${v.version}`}>
                      Download
                    </a>
                  )}
                  {i > 0 && (v.state === 'stored' || v.state === 'external') && (
                    <Button
                      size="compact-xs"
                      ml={8}
                      disabled={restore.isPending}
                      aria-label={`Restore version ${v.version}`}
                      title="Makes this the newest version; nothing is lost"
                      onClick={() => restore.mutate(v.version)}
                    >
                      Restore
                    </Button>
                  )}
                </td>
              </tr>
            )
          })}
        </tbody>
      </table>
    </div>
  )
}
