import { TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { useState } from 'react'
import { own } from '../../api/client'
import type { AuditEntry } from '../../api/types'
import { Empty, Failed, Time, Waiting } from '../../ui/Parts'
import { Rows, type Column } from '../../ui/Rows'

/**
 * Who changed what, the newest hundred. A browser that brings only its cookie may not ask with arguments what needs an
 * administrator; what is older is told to a key pair.
 */
export function Audit() {
  const [q, setQ] = useState('')
  const list = useQuery({ queryKey: ['audit'], queryFn: ({ signal }) => own<{ entries: AuditEntry[]; next?: string }>('audit', {}, { signal }) })
  const rows = (list.data?.entries ?? []).filter((e) => `${e.action} ${e.object} ${e.user_name} ${e.as_name} ${e.address}`.toLowerCase().includes(q.toLowerCase()))
  return (
    <>
      <div className="tools">
        <TextInput data-filter w={280} value={q} onChange={(e) => setQ(e.currentTarget.value)} placeholder="Action, id, name or address" aria-label="Filter by action, id, name or address" />
        <span className="third">{list.data?.next && 'The newest 100; GET /api/audit with a key pair tells older ones'}</span>
      </div>
      {list.error && <Failed error={list.error} retry={() => list.refetch()} what="The audit" />}
      {list.isPending && <Waiting rows={8} />}
      {list.data && rows.length === 0 && <Empty title="No change matches." />}
      {rows.length > 0 && <Rows rows={rows} columns={columns} rowKey={(e) => `${e.at} ${e.request} ${e.object} ${e.part}`} label="Audit" />}
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
