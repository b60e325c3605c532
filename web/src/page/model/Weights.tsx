import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { snapshots } from '../../api/query'
import type { Model } from '../../api/types'
import { count, exactSize, size } from '../../lib/format'
import { StateBadge } from '../../ui/Badge'
import { Heads } from '../../ui/Heads'
import { Icon } from '../../ui/Icon'
import { CopyButton, DigestChip, Empty, Failed, Time, Waiting } from '../../ui/Parts'
import '../task/artifacts.css'

const fileOf = (uri: string) => decodeURIComponent(uri.split('?')[0]?.split('/').at(-1) ?? uri)

/** Every content that came to the model's address, the newest first. */
export function Weights({ model }: { model: Model; changed: () => void }) {
  const list = useQuery(snapshots(model.id))
  if (list.error) return <Failed error={list.error} retry={() => list.refetch()} what="The snapshots" />
  if (!list.data) return <Waiting />
  if (!list.data.length) {
    return (
      <Empty title={model.uri ? 'The weights are kept elsewhere.' : 'No weights yet.'} code={model.uri ? undefined : `model.update_weights("net.pt", iteration=100)`}>
        {model.uri && (
          <span className="row">
            <span className="mono">{model.uri}</span>
            <CopyButton text={model.uri} label="Copy the address" />
          </span>
        )}
      </Empty>
    )
  }
  return (
    <section className="frame scrolls" aria-label="Snapshots" tabIndex={0}>
      <div className="framehead">
        <h2 className="strong" style={{ fontSize: 'inherit' }}>
          Snapshots
        </h2>
        <span className="third">{count(list.data.length)}, newest first; all are kept</span>
      </div>
      <table className="plain">
        <Heads of={['Version', 'Iteration', 'File', 'Size', 'Digest', 'State', 'Stored']} numbers={['Version', 'Iteration', 'Size']} unseen="Download" />
        <tbody>
          {list.data.map((s, i) => (
            <tr key={s.version}>
              <td className="num">
                <b>v{s.version}</b>
              </td>
              <td className="num">{s.iteration === undefined || s.iteration === null ? '–' : count(s.iteration)}</td>
              <td className="mono">{fileOf(s.uri)}</td>
              <td className="num" title={exactSize(s.size)}>
                {size(s.size)}
              </td>
              <td>
                <DigestChip digest={s.sha256} state={s.state} />
              </td>
              <td className="row">
                <StateBadge state={s.state} />
                {i === 0 && <span className="badge good">Current</span>}
              </td>
              <td>
                <Time at={s.created} />
              </td>
              <td>
                {s.state === 'stored' && (
                  <Button component="a" size="compact-xs" href={s.url} download leftSection={<Icon name="down" size={12} />} aria-label={`Download version ${s.version}`}>
                    Download
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  )
}
