import { Button, SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { own } from '../api/client'
import { exactSize } from '../lib/format'
import { Icon } from '../ui/Icon'
import { Failed, Waiting } from '../ui/Parts'
import { ArrayPart } from './Array'
import { ArchivePart, HexPart, ImagePart, MediaPart, PagePart, PicklePart, TensorsPart, TextPart } from './Others'
import { TablePart } from './Table'
import { TreePart } from './Tree'
import { addressOf, membersOf, type Part, type Preview as Shown } from './types'
import './preview.css'

const names: Record<string, string> = {
  array: 'Array', table: 'Table', image: 'Image', tree: 'Tree', text: 'Text', html: 'Source', audio: 'Sound', video: 'Film', archive: 'Files',
  pickle: 'Pickle', tensors: 'Tensors', gzip: 'Content', hex: 'Bytes', empty: 'Empty',
}

/** A file as what it is, by what the server found in it. */
export function Preview({ digest, part, set }: { digest: string; part: Part; set: (change: Part) => void }) {
  const found = useQuery({
    queryKey: ['preview', digest, part],
    queryFn: ({ signal }) => own<Shown>(addressOf(digest, part), {}, { signal }),
    placeholderData: (before) => (before?.digest === digest ? before : undefined),
    // A job looks at the rest of a table meanwhile.
    refetchInterval: (q) => (/waiting|running/.test(q.state.data?.table?.job ?? '') ? 1000 : false),
    staleTime: 60_000,
  })
  const members = membersOf(part)
  if (found.error) {
    return (
      <>
        <Failed error={found.error} retry={() => found.refetch()} what="The preview" />
        {Object.values(part).some(Boolean) && (
          <div className="pad">
            <Button onClick={() => set({})}>Show all of it</Button>
          </div>
        )}
      </>
    )
  }
  if (!found.data) return <Waiting />
  const shown = found.data
  const props = { shown, digest, part, set }
  return (
    <section className="frame pv" aria-label="Preview" aria-busy={found.isPlaceholderData}>
      {members.length > 0 && (
        <nav className="pvpath" aria-label="Within the archive">
          <button type="button" className="aslink" onClick={() => set({})}>
            <Icon name="left" size={13} /> All files
          </button>
          {members.map((m, i) => (
            <button key={i} type="button" className="aslink mono" onClick={() => set({ member: members.slice(0, i + 1).join('!/') })}>
              {m}
            </button>
          ))}
          <span className="grow" />
          <a href={'/api/' + addressOf(digest, part, '/bytes', { download: '1' })}>Download this file</a>
        </nav>
      )}
      <div className="framehead">
        <span className="strong">{shown.title || names[shown.kind] || shown.kind}</span>
        <span className="third">{shown.content_type}</span>
        {shown.facts?.map((f) => (
          <span key={f.name} className="third">
            {f.name} {f.value}
          </span>
        ))}
        <span className="grow" />
        {shown.modes.length > 1 && (
          <SegmentedControl
            size="xs"
            aria-label="Show as"
            value={shown.kind}
            onChange={(as) => set({ member: part.member, as: as === shown.modes[0] ? undefined : as })}
            data={[...new Set([...shown.modes, shown.kind])].map((m) => ({ value: m, label: names[m] ?? m }))}
          />
        )}
      </div>
      {shown.problem && (
        <p className="pvnote bad" role="status">
          <Icon name="warn" size={14} /> {shown.problem}
        </p>
      )}
      {shown.warning && (
        <p className={shown.pickle?.runs ? 'pvnote bad' : 'pvnote'} role="status">
          <Icon name="warn" size={14} /> {shown.warning}
        </p>
      )}
      {shown.pickle && <PicklePart {...props} />}
      {shown.array && <ArrayPart {...props} />}
      {shown.table && <TablePart {...props} />}
      {shown.image && <ImagePart {...props} />}
      {shown.tree && <TreePart {...props} />}
      {shown.kind === 'html' && <PagePart {...props} />}
      {shown.text && <TextPart {...props} />}
      {(shown.kind === 'audio' || shown.kind === 'video') && <MediaPart {...props} />}
      {shown.archive && <ArchivePart {...props} />}
      {shown.tensors && <TensorsPart {...props} />}
      {shown.hex && <HexPart {...props} />}
      {shown.kind === 'empty' && <p className="pad second">Empty file ({exactSize(0)})</p>}
    </section>
  )
}

export default Preview
