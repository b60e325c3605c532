import { TextInput } from '@mantine/core'
import { useInfiniteQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { own } from '../../api/client'
import type { AuditEntry } from '../../api/types'
import { Empty, Failed, Time, Waiting } from '../../ui/Parts'
import { Rows, type Column } from '../../ui/Rows'

/** Who changed what, the newest first. */
export function Audit() {
  const [action, setAction] = useState('')
  const [object, setObject] = useState('')
  const list = useInfiniteQuery({
    queryKey: ['audit', action, object],
    queryFn: ({ pageParam, signal }) =>
      own<{ entries: AuditEntry[]; next?: string }>('audit', { action, object, limit: 200, after: pageParam }, { signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => last.next,
    placeholderData: (before) => before,
  })
  const rows = list.data?.pages.flatMap((p) => p.entries) ?? []
  return (
    <>
      <div className="tools">
        <TextInput data-filter w={220} value={action} onChange={(e) => setAction(e.currentTarget.value.trim())} placeholder="tasks.delete" aria-label="Action, to the letter" />
        <TextInput w={300} value={object} onChange={(e) => setObject(e.currentTarget.value.trim())} placeholder="Id of what was changed" aria-label="Object, to the letter" />
      </div>
      {list.error && <Failed error={list.error} retry={() => list.refetch()} what="The audit" />}
      {list.isPending && <Waiting rows={8} />}
      {list.data && rows.length === 0 && <Empty title="No change matches." />}
      {rows.length > 0 && (
        <Rows
          rows={rows}
          columns={columns}
          rowKey={(e) => `${e.at} ${e.request} ${e.object} ${e.part}`}
          label="Audit"
          more={() => !list.isFetchingNextPage && void list.fetchNextPage()}
          hasMore={list.hasNextPage}
        />
      )}
    </>
  )
}

const columns: Column<AuditEntry>[] = [
  { id: 'at', title: 'When', width: '120px', cell: (e) => <Time at={e.at} /> },
  { id: 'who', title: 'Who', width: '150px', cell: (e) => (e.as ? `${e.user_name} as ${e.as_name}` : e.user_name || e.user) },
  { id: 'action', title: 'Action', width: 'minmax(180px, 1fr)', cell: (e) => <span className="mono">{e.action}</span> },
  { id: 'kind', title: 'Of', width: '80px', cell: (e) => e.kind },
  {
    id: 'object',
    title: 'Object',
    width: 'minmax(160px, 1fr)',
    cell: (e) => (
      <span className="mono cut" title={`${e.object ?? ''} ${e.part ?? ''}`}>
        {e.kind === 'task' && e.object ? (
          <Link to="/tasks/$tid/$tab" params={{ tid: e.object, tab: 'info' }}>
            {e.object}
          </Link>
        ) : e.kind === 'model' && e.object ? (
          <Link to="/models/$mid/$tab" params={{ mid: e.object, tab: 'general' }}>
            {e.object}
          </Link>
        ) : (
          e.object
        )}
      </span>
    ),
  },
  { id: 'part', title: 'Part', width: '110px', cell: (e) => e.part },
  { id: 'from', title: 'From', width: '150px', cell: (e) => <span className="second">{[e.address, e.worker].filter(Boolean).join(' ')}</span> },
]
