import { Button } from '@mantine/core'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { own } from '../../api/client'
import { versions } from '../../api/query'
import type { Artifact } from '../../api/types'
import { bytesAt, fileName } from '../../lib/bytes'
import { exactSize, size } from '../../lib/format'
import { StateBadge } from '../../ui/Badge'
import { Heads } from '../../ui/Heads'
import { DigestChip, Failed, Time, Waiting } from '../../ui/Parts'

export function Versions({ item }: { item: Artifact }) {
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
        <Heads of={['Version', 'Registered', 'State', 'Size', 'SHA-256']} numbers={['Size']} unseen="Actions" />
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
