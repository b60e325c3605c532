import { ActionIcon } from '@mantine/core'
import { Icon } from './Icon'

/** Edits and removes what is named beside it. */
export const Hands = ({ name, edit, remove }: { name: string; edit: () => void; remove: () => void }) => (
  <span className="row" style={{ gap: 2 }}>
    <ActionIcon variant="subtle" color="gray" aria-label={`Edit ${name}`} onClick={edit}>
      <Icon name="pencil" size={13} />
    </ActionIcon>
    <ActionIcon variant="subtle" color="gray" aria-label={`Remove ${name}`} onClick={remove}>
      <Icon name="cross" size={13} />
    </ActionIcon>
  </span>
)
