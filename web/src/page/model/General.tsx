import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { Model } from '../../api/types'
import { call } from '../../api/client'
import { snapshots } from '../../api/query'
import { exactSize, size } from '../../lib/format'
import { StateBadge } from '../../ui/Badge'
import { DigestChip, Facts, IDChip, Time } from '../../ui/Parts'
import { Address } from '../../ui/Address'
import { Description } from '../Description'

export function General({ model: m, changed }: { model: Model; changed: () => void }) {
  const weights = useQuery(snapshots(m.id)).data?.[0] // none if they lie elsewhere
  return (
    <div className="pad">
      <Facts
        rows={[
          ['Id', <IDChip id={m.id} />],
          ['Framework', m.framework],
          ['Status', m.ready ? 'Published' : 'Draft'],
          ['Archived', m.system_tags?.includes('archived') ? 'Yes' : 'No'],
          [
            'Project',
            m.project && (
              <Link to="/projects/$pid/models" params={{ pid: m.project.id }}>
                {m.project.name}
              </Link>
            ),
          ],
          [
            'Made by',
            m.task &&
              (m.task.name ? (
                <Link to="/tasks/$tid/$tab" params={{ tid: m.task.id, tab: 'artifacts' }}>
                  {m.task.name}
                </Link>
              ) : (
                <span className="third">task deleted ({m.task.id})</span>
              )),
          ],
          ['User', m.user?.name],
          ['Created', <Time at={m.created} />],
          ['Updated', <Time at={m.last_update} />],
          ['Address', m.uri && <Address uri={m.uri} />],
          [
            'Weights',
            weights && (
              <span className="row" style={{ flexWrap: 'wrap' }}>
                <span title={exactSize(weights.size)}>{size(weights.size)}</span>
                <DigestChip digest={weights.sha256} state={weights.state} />
                <StateBadge state={weights.state} />
              </span>
            ),
          ],
          [
            'Description',
            <Description
              text={m.comment ?? ''}
              save={async (comment) => {
                await call('models.edit', { model: m.id, comment })
                changed()
              }}
            />,
          ],
        ]}
      />
    </div>
  )
}
