import { opens } from '../lib/bytes'
import { masked } from '../lib/mask'
import { CopyButton } from './Parts'

/** Where bytes are: a link where a browser can open it, else text. It is copied in full, and shown without its secrets. */
export function Address({ uri, at }: { uri: string; at?: string }) {
  const href = at ?? (opens(uri) ? uri : undefined)
  return (
    <span className="row">
      {href ? (
        <a className="mono" href={href} target="_blank" rel="noopener noreferrer">
          {masked(uri)}
        </a>
      ) : (
        <span className="mono">{masked(uri)}</span>
      )}
      <CopyButton text={uri} label="Copy the address" />
    </span>
  )
}

/** A text whose addresses are links. */
export function Linked({ text }: { text: string }) {
  return text.split(/(https?:\/\/[^\s<>"']*[^\s<>"'.,;:!?)\]}])/).map((part, i) =>
    i % 2 ? (
      <a key={i} href={part} target="_blank" rel="noopener noreferrer">
        {masked(part)}
      </a>
    ) : (
      part
    ),
  )
}
