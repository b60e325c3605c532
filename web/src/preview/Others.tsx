import { Button, TextInput } from '@mantine/core'
import { useRef, useState } from 'react'
import { count, exactSize, size } from '../lib/format'
import { useScriptsBlocked } from '../lib/preferences'
import { Find, Marked } from '../ui/Find'
import { Heads } from '../ui/Heads'
import { Icon } from '../ui/Icon'
import { CopyButton } from '../ui/Parts'
import { Step } from './Step'
import { addressOf, membersOf, type Member, type PartProps } from './types'

const LINES = 500

export function TextPart({ shown, part, set }: PartProps) {
  const t = shown.text!
  const [q, setQ] = useState('')
  const body = useRef<HTMLDivElement>(null)
  const at = (from: number) => set({ ...part, rows: from > 0 ? `${from}-${from + LINES}` : undefined })
  return (
    <>
      <div className="pvtools">
        <Find q={q} change={setQ} within={body} of={t.lines} />
        <span className="grow" />
        <CopyButton text={t.lines.join('\n')} label="Copy these lines" />
      </div>
      <div className="pvscroll pvtext" ref={body} tabIndex={0} role="region" aria-label={`Text, ${t.language ?? 'plain'}`}>
        <table>
          <tbody>
            {t.lines.map((line, i) => (
              <tr key={i}>
                <td className="pvno" data-line={t.from + i + 1} />
                <td>
                  <pre>
                    <Marked text={line} q={q} />
                    {t.cut?.includes(t.from + i) && <span className="third"> … the line goes on</span>}
                  </pre>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="pvfoot third">
        Lines {count(t.from + 1)} to {count(t.from + t.lines.length)}
        {t.more ? '' : ', the last ones'}
        <span className="grow" />
        <Step label="Lines before" icon="up" off={t.from === 0} go={() => at(Math.max(0, t.from - LINES))} />
        <Step label="Lines behind" icon="down" off={!t.more} go={() => at(t.from + t.lines.length)} />
      </div>
    </>
  )
}

export function ImagePart({ shown, digest, part }: PartProps) {
  const [whole, setWhole] = useState(false)
  const i = shown.image!
  const full = '/api/' + addressOf(digest, part, '/bytes')
  const small = i.thumb ? '/api/' + addressOf(digest, part, '/image', { w: '1024' }) : full
  const shows = i.inline || i.thumb
  return (
    <>
      {shows ? (
        <button
          type="button"
          className={whole ? 'pvimage whole' : 'pvimage'}
          aria-label={whole ? 'Fit the image to the frame' : 'Show the image in its own size'}
          disabled={!i.inline}
          onClick={() => setWhole(!whole)}
        >
          <img src={whole ? full : small} alt={shown.name} />
        </button>
      ) : (
        <p className="pad second">The image can be downloaded; no browser shows it.</p>
      )}
      <div className="pvfoot third">
        {[i.width > 0 && `${count(i.width)} × ${count(i.height)}`, i.mode, i.bits > 0 && `${i.bits} bits`, i.format, i.turned && i.turned > 1 && 'turned as the camera noted']
          .filter(Boolean)
          .join(' · ')}
        <span className="grow" />
        {i.inline && (whole ? 'In its own size' : 'Fitted')}
      </div>
    </>
  )
}

export function MediaPart({ shown, digest, part }: PartProps) {
  const src = '/api/' + addressOf(digest, part, '/bytes')
  return (
    <div className="pad">
      {shown.kind === 'audio' ? (
        <audio controls preload="metadata" src={src} aria-label={shown.name} style={{ width: '100%' }} />
      ) : (
        <video controls preload="metadata" src={src} aria-label={shown.name} style={{ maxWidth: '100%' }} />
      )}
    </div>
  )
}

/** A page of somebody else: in a sandbox, and its scripts only when asked for. */
export function PagePart({ shown, digest, part }: PartProps) {
  const [state, setState] = useState<'off' | 'still' | 'scripts'>('off')
  const blocked = useScriptsBlocked()
  if (shown.size > 5 << 20) return null
  return (
    <>
      <div className="pvtools">
        <Button size="compact-sm" onClick={() => setState(state === 'off' ? 'still' : 'off')}>
          {state === 'off' ? 'Show the page' : 'Show the source'}
        </Button>
        {state === 'still' && !blocked && (
          <Button size="compact-sm" onClick={() => setState('scripts')}>
            Run its scripts
          </Button>
        )}
        <span className="third">
          {state === 'scripts' ? 'Scripts run apart from Coffer and reach no server.' : 'Shown without scripts, apart from Coffer.'} {blocked}
        </span>
      </div>
      {state !== 'off' && (
        <iframe
          key={state}
          className="pvpage"
          title={shown.name}
          sandbox={state === 'scripts' ? 'allow-scripts' : ''}
          src={'/api/' + addressOf(digest, part, '/html', state === 'scripts' ? { scripts: '1' } : {})}
        />
      )}
    </>
  )
}

const MEMBERS = 500

export function ArchivePart({ shown, part, set }: PartProps) {
  const a = shown.archive!
  const open = (m: Member) => set({ member: [...membersOf(part), m.name].join('!/') })
  const at = (from: number) => set({ ...part, rows: from > 0 ? `${from}-${from + MEMBERS}` : undefined })
  return (
    <>
      <div className="pvtools">
        <TextInput
          size="xs"
          w={220}
          key={part.find ?? ''}
          defaultValue={part.find ?? ''}
          placeholder={`Find in ${count(a.count)} files`}
          aria-label="Find files by name; Enter searches"
          leftSection={<Icon name="search" size={13} />}
          onKeyDown={(e) => e.key === 'Enter' && set({ ...part, rows: undefined, find: e.currentTarget.value || undefined })}
        />
        <span className="third">
          {size(a.bytes)} unpacked, {size(a.packed)} packed
          {a.types.length > 0 && ' · ' + a.types.slice(0, 4).map((t) => `${count(t.count)} ${t.extension || 'without ending'}`).join(', ')}
        </span>
        {Boolean(a.strange) && <span className="warned">{count(a.strange!)} files that are not opened or lead outside</span>}
      </div>
      <div className="pvscroll pvrows" tabIndex={0} role="region" aria-label="Files">
        <table className="plain">
          <Heads of={['Name', 'Size', 'Packed']} numbers={['Size', 'Packed']} />
          <tbody>
            {a.members.map((m, i) => (
              <tr key={i}>
                <td>
                  {m.trouble ? (
                    <span className="third">
                      {m.name} <span className="warned">{m.trouble}</span>
                    </span>
                  ) : (
                    <button type="button" className="aslink mono" onClick={() => open(m)}>
                      {m.name}
                    </button>
                  )}
                  {m.outside && <span className="warned"> leads outside of the folder</span>}
                </td>
                <td className="num" title={exactSize(m.size)}>
                  {size(m.size)}
                </td>
                <td className="num">{size(m.packed)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="pvfoot third">
        {a.members.length > 0 ? `Files ${count(a.from + 1)} to ${count(a.from + a.members.length)} of ${count(a.found)}` : 'No file has that name'}
        <span className="grow" />
        <Step label="Files before" icon="up" off={a.from === 0} go={() => at(Math.max(0, a.from - MEMBERS))} />
        <Step label="Files behind" icon="down" off={a.from + a.members.length >= a.found} go={() => at(a.from + MEMBERS)} />
      </div>
    </>
  )
}

const readings = { data: 'holds data', unknown: 'not known here', danger: 'can run code' }

export function PicklePart({ shown }: PartProps) {
  const p = shown.pickle!
  const [ops, showOps] = useState(false)
  return (
    <>
      {p.imports.length > 0 && (
        <table className="plain">
          <Heads of={['What loading it imports', 'Reading']} />
          <tbody>
            {p.imports.map((i) => (
              <tr key={i.name}>
                <td className="mono">{i.name}</td>
                <td className={i.reading === 'danger' ? 'badly' : i.reading === 'unknown' ? 'warned' : 'third'}>{readings[i.reading]}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      <div className="pvtools">
        <Button size="compact-sm" aria-expanded={ops} onClick={() => showOps(!ops)}>
          {ops ? 'Hide the opcodes' : `Show ${count(p.ops.length)}${p.truncated ? '+' : ''} opcodes`}
        </Button>
        <span className="third">It was read as data and not loaded.</span>
      </div>
      {ops && (
        <div className="pvscroll pvrows" tabIndex={0} role="region" aria-label="Opcodes">
          <pre className="pad">{p.ops.map((o) => `${String(o.at).padStart(8)} ${o.name} ${o.arg ?? ''}`).join('\n')}</pre>
        </div>
      )}
    </>
  )
}

export function TensorsPart({ shown }: PartProps) {
  const t = shown.tensors!
  const most = Math.max(...t.tensors.map((one) => one.bytes), 1)
  return (
    <>
      <div className="pvtools third">
        {count(t.parameters)} parameters · {size(t.bytes)}
        {Object.entries(t.metadata ?? {}).map(([k, v]) => (
          <span key={k}>
            {k} {v}
          </span>
        ))}
      </div>
      <div className="pvscroll pvrows" tabIndex={0} role="region" aria-label="Tensors">
        <table className="plain">
          <Heads of={['Tensor', 'Type', 'Shape', 'Size']} numbers={['Size']} />
          <tbody>
            {t.tensors.map((one) => (
              <tr key={one.name}>
                <td className="mono">{one.name}</td>
                <td>{one.dtype}</td>
                <td>{one.shape.join(' × ')}</td>
                <td className="num">
                  <meter min={0} max={most} value={one.bytes} aria-label={`Share of ${one.name}`} /> {size(one.bytes)}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  )
}

const HEX = 4096

export function HexPart({ shown, part, set }: PartProps) {
  const h = shown.hex!
  const bytes = Uint8Array.from(atob(h.bytes), (c) => c.charCodeAt(0))
  const lines: string[] = []
  for (let i = 0; i < bytes.length; i += 16) {
    const line = [...bytes.slice(i, i + 16)]
    const hex = line.map((b) => b.toString(16).padStart(2, '0')).join(' ')
    const text = line.map((b) => (b > 31 && b < 127 ? String.fromCharCode(b) : '·')).join('')
    lines.push(`${(h.at + i).toString(16).padStart(8, '0')}  ${hex.padEnd(47)}  ${text}`)
  }
  const at = (n: number) => set({ ...part, at: n > 0 ? String(n) : undefined })
  return (
    <>
      {h.guess && (
        <p className="pvtools third">
          {h.guess}
          {h.why && `, ${h.why}`}
        </p>
      )}
      <div className="pvscroll pvrows" tabIndex={0} role="region" aria-label="Bytes">
        <pre className="pad" tabIndex={0} aria-label="Bytes as hex">{lines.join('\n')}</pre>
      </div>
      <div className="pvfoot third">
        Bytes {count(h.at)} to {count(h.at + bytes.length)} of {count(shown.size)}
        <span className="grow" />
        <Step label="Bytes before" icon="up" off={h.at === 0} go={() => at(Math.max(0, h.at - HEX))} />
        <Step label="Bytes behind" icon="down" off={h.at + bytes.length >= shown.size || bytes.length === 0} go={() => at(h.at + HEX)} />
      </div>
    </>
  )
}
