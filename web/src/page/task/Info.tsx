import { useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import { call } from '../../api/client'
import type { Task } from '../../api/types'
import { duration } from '../../lib/format'
import { StatusBadge } from '../../ui/Badge'
import { Facts, IDChip, Time } from '../../ui/Parts'
import { isArchived } from '../Bulk'
import { Description } from '../Description'

export function Info({ task }: { task: Task }) {
  const client = useQueryClient()
  const { progress, ...runtime } = task.runtime ?? {}
  const machine = Object.entries(runtime).filter(([k, v]) => !k.startsWith('_') && typeof v !== 'object')
  return (
    <div className="pad">
      <Facts
        rows={[
          ['Id', <IDChip id={task.id} />],
          ['Type', task.type],
          ['Status', <StatusBadge status={task.status} />],
          ['Archived', isArchived(task) ? 'yes' : 'no'],
          ['Progress', progress === undefined || progress === null ? '' : `${String(progress)} %`],
          [
            'Project',
            task.project && (
              <Link to="/projects/$pid/tasks" params={{ pid: task.project.id }}>
                {task.project.name}
              </Link>
            ),
          ],
          [
            'Parent',
            task.parent &&
              (task.parent.name ? (
                <Link to="/tasks/$tid/$tab" params={{ tid: task.parent.id, tab: 'artifacts' }}>
                  {task.parent.name}
                </Link>
              ) : (
                <span className="third">deleted ({task.parent.id})</span>
              )),
          ],
          ['User', task.user?.name],
          [
            'Description',
            <Description
              text={task.comment ?? ''}
              save={async (comment) => {
                await call('tasks.update', { task: task.id, comment })
                for (const key of ['task', 'tasks']) void client.invalidateQueries({ queryKey: [key] })
              }}
            />,
          ],
          ['Created', <Time at={task.created} />],
          ['Started', <Time at={task.started} />],
          ['Completed', <Time at={task.completed} />],
          ['Run time', duration(task.active_duration)],
          ['Last update', <Time at={task.last_update} />],
          ['Status reason', [task.status_reason, task.status_message].filter(Boolean).join(': ')],
          ['Worker', task.last_worker],
          ...machine.map(([k, v]): [string, string] => [k.replaceAll('_', ' '), String(v)]),
        ]}
      />
    </div>
  )
}
