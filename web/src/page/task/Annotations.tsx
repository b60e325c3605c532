import type { Artifact } from '../../api/types'
import { bytesAt } from '../../lib/bytes'
import { exactSize } from '../../lib/format'
import { Address, Linked } from '../../ui/Address'
import { Facts, Time } from '../../ui/Parts'

/** What people noted of an artifact, and what is on record of it. */
export function Annotations({ item }: { item: Artifact }) {
  const rows = Object.entries(item.metadata)
  return (
    <div className="pad">
      <h3 className="strong">Metadata</h3>
      {rows.length > 0 ? (
        <table className="plain">
          <thead>
            <tr>
              <th scope="col">Key</th>
              <th scope="col">Value</th>
            </tr>
          </thead>
          <tbody>
            {rows.map(([key, value]) => (
              <tr key={key}>
                <td>{key}</td>
                <td>
                  <Linked text={value} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        <p className="third">None.</p>
      )}
      <h3 className="strong onrecord">On record</h3>
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
          ['Address', <Address uri={item.uri} at={bytesAt(item)} />],
        ]}
      />
    </div>
  )
}
