import { ActionIcon, Button, Tooltip } from '@mantine/core'
import { useClipboard } from '@mantine/hooks'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Suspense, lazy, type ReactNode } from 'react'
import { own } from '../../api/client'
import { artifact } from '../../api/query'
import type { Artifact, Task } from '../../api/types'
import { bytesAt, fileName, opens } from '../../lib/bytes'
import { exactSize, size } from '../../lib/format'
import { snippets } from '../../lib/snippets'
import { Address } from '../../ui/Address'
import { StateBadge, stateMeans } from '../../ui/Badge'
import { SearchedText } from '../../ui/Find'
import { Icon, typeIcon } from '../../ui/Icon'
import { Code, DigestChip, Facts, Failed, Time, Waiting } from '../../ui/Parts'
import { Tabs } from '../../ui/Tabs'
import { partNames, type Part } from '../../preview/types'
import { Annotations } from './Annotations'
import { ArtifactMenu } from './Change'
import { Versions } from './Versions'

const Content = lazy(() => import('../../preview/Preview'))

const views = ['preview', 'files', 'metadata', 'versions', 'use'] as const
type View = (typeof views)[number]

/** One artifact: what it is, its content, and how to use it. */
export function Detail({ item, task }: { item: Artifact; task: Task }) {
  const search = useSearch({ from: '/inside/tasks/$tid/$tab' })
  const view: View = views.includes(search.view as View) ? (search.view as View) : 'preview'
  const link = useClipboard({ timeout: 2000 })
  const bytes = bytesAt(item)
  const file = fileName(item.uri)
  const frozen = ['published', 'publishing'].includes(task.status)
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
        {item.state === 'external' && opens(item.uri) && (
          <Button component="a" href={item.uri} target="_blank" rel="noopener noreferrer" leftSection={<Icon name="out" size={14} />}>
            Open
          </Button>
        )}
        <ArtifactMenu item={item} frozen={frozen} />
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
      {view === 'metadata' && <Annotations item={item} frozen={frozen} />}
      {view === 'versions' && <Versions item={item} />}
      {view === 'use' && (
        <div className="pad">
          <Code tabs={snippets(item, task.name)} label="Use it" />
          {/pickle/i.test(item.type + item.content_type) && (
            <p className="note">Loading a pickle runs what it holds. Load it only if you trust whoever logged it.</p>
          )}
        </div>
      )}
    </>
  )
}

function Frame({ title, children }: { title: ReactNode; children: ReactNode }) {
  return (
    <section className="frame" aria-label="Preview">
      <div className="framehead">
        <span className="strong">{title}</span>
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
              ['Address', <Address uri={item.uri} />],
            ]}
          />
        </div>
      </Frame>
    )
  }
  const text = whole.data.preview
  return (
    <>
      {text ? (
        <SearchedText title="As logged" text={text} label="Preview as logged" />
      ) : (
        <Frame title="No preview">
          <p className="pad second">
            {item.state === 'external' ? 'The bytes are kept elsewhere; Coffer only knows the address.' : 'The SDK that logged this sent no preview.'}
          </p>
        </Frame>
      )}
      {item.state === 'external' && (
        <div className="pad">
          <Address uri={item.uri} />
        </div>
      )}
    </>
  )
}

interface Blob {
  size: number
  created: string
  files: { path: string; version: number; created: string }[]
  artifacts: { task: string; task_name: string; key: string; mode: string; version: number }[]
  models: { id: string; name: string; version: number }[]
}

/** Who keeps bytes that are not here: a host, a bucket, or some machine. */
const keeper = (uri: string) => /^(?!file:)[a-z][a-z0-9+.-]*:\/\/(?:[^/@]*@)?([^/]+)/i.exec(uri)?.[1] ?? 'the disk of the machine that logged it'

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
          ['Kept by', item.state === 'external' ? keeper(item.uri) : 'Coffer'],
          ['Size', exactSize(item.size)],
          ['Address', <Address uri={item.uri} at={bytes} />],
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
