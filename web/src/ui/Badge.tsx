import { Tooltip } from '@mantine/core'
import { Icon, type IconName } from './Icon'
import './badge.css'

type Tone = 'good' | 'busy' | 'sealed' | 'bad' | 'warn' | 'idle'

interface Look {
  tone: Tone
  icon: IconName
  word: string
}

const statuses: Record<string, Look> = {
  created: { tone: 'idle', icon: 'pencil', word: 'Draft' },
  queued: { tone: 'idle', icon: 'hourglass', word: 'Queued' },
  in_progress: { tone: 'busy', icon: 'dot', word: 'Running' },
  completed: { tone: 'good', icon: 'check', word: 'Completed' },
  published: { tone: 'sealed', icon: 'seal', word: 'Published' },
  publishing: { tone: 'sealed', icon: 'seal', word: 'Publishing' },
  failed: { tone: 'bad', icon: 'cross', word: 'Failed' },
  stopped: { tone: 'warn', icon: 'square', word: 'Aborted' },
  closed: { tone: 'good', icon: 'check', word: 'Closed' },
}

const states: Record<string, Look> = {
  stored: { tone: 'good', icon: 'check', word: 'Stored' },
  pending: { tone: 'busy', icon: 'up', word: 'Uploading' },
  mismatched: { tone: 'warn', icon: 'warn', word: 'Mismatched' },
  external: { tone: 'idle', icon: 'out', word: 'External' },
  missing: { tone: 'bad', icon: 'warn', word: 'Missing' },
}

/** What the state of an artifact means, for tooltips. */
export const stateMeans: Record<string, string> = {
  stored: 'The bytes are here and have the registered digest.',
  pending: 'Registered; the bytes have not arrived yet.',
  mismatched: 'An upload after the registration brought other bytes than promised.',
  external: 'The bytes are kept elsewhere; Coffer only knows the address.',
  missing: 'The bytes were here and are lost.',
}

function Badge({ look, more }: { look: Look; more?: string }) {
  return (
    <span className={`badge ${look.tone}`}>
      <Icon name={look.icon} size={12} className={look.icon === 'dot' ? 'pulse' : undefined} />
      {look.word}
      {more}
    </span>
  )
}

/** The status of a task: icon, word and tint; while it runs also how far it is, in percent, if it tells. */
export const StatusBadge = ({ status, progress }: { status: string; progress?: unknown }) => (
  <Badge
    look={statuses[status] ?? { tone: 'idle', icon: 'help', word: status }}
    more={progress !== undefined && progress !== null && progress !== '' ? ` ${String(progress)} %` : undefined}
  />
)

/** A model is a draft or published: there is one truth, which every place shows. */
export const ReadyBadge = ({ ready }: { ready?: boolean }) => <Badge look={statuses[ready ? 'published' : 'created'] as Look} />

/** The state of an artifact. */
export const StateBadge = ({ state }: { state: string }) => (
  <Tooltip label={stateMeans[state]}>
    <span>
      <Badge look={states[state] ?? { tone: 'idle', icon: 'help', word: state }} />
    </span>
  </Tooltip>
)

/** The icon of a state that is worth a look; nothing for stored. */
export function StateMark({ state }: { state: string }) {
  const look = states[state]
  if (!look || state === 'stored') return null
  return (
    <span className={`mark ${look.tone}`} title={`${look.word}: ${stateMeans[state]}`}>
      <Icon name={look.icon} size={14} />
      <span className="hidden">{look.word}</span>
    </span>
  )
}

/** All statuses, for filters. */
export const allStatuses = Object.entries(statuses)
  .filter(([k]) => k !== 'closed' && k !== 'publishing')
  .map(([key, look]) => ({ key, word: look.word }))
