import { Button, Menu, type MenuProps } from '@mantine/core'
import type { ReactNode } from 'react'
import { Icon } from './Icon'

/** What else can be done, behind three dots. */
export const More = ({ position = 'bottom-end', children }: { position?: MenuProps['position']; children: ReactNode }) => (
  <Menu position={position}>
    <Menu.Target>
      <Button aria-label="More actions">
        <Icon name="more" />
      </Button>
    </Menu.Target>
    <Menu.Dropdown>{children}</Menu.Dropdown>
  </Menu>
)

interface OneProps {
  archived: boolean
  ask: (action: string) => void
  children: ReactNode // what only some kinds allow
}

/** What can be done to one task or model, on its page. */
export const MoreOfOne = ({ archived, ask, children }: OneProps) => (
  <More>
    <Menu.Item onClick={() => ask('rename')}>Rename…</Menu.Item>
    <Menu.Item onClick={() => ask('move')}>Move to a project…</Menu.Item>
    {children}
    <Menu.Item onClick={() => ask(archived ? 'restore' : 'archive')}>{archived ? 'Restore…' : 'Archive…'}</Menu.Item>
    <Menu.Item disabled={!archived} onClick={() => ask('delete')}>
      {archived ? 'Delete…' : 'Delete (archive first)'}
    </Menu.Item>
  </More>
)
