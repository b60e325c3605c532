import { Icon } from '../ui/Icon'

/** From one piece of what is shown to the next. */
export function Step({ label, icon, off, go, turn }: { label: string; icon: 'up' | 'down' | 'left'; off: boolean; go: () => void; turn?: boolean }) {
  return (
    <button type="button" className="pvstep" disabled={off} aria-label={label} title={label} onClick={go}>
      <span style={turn ? { display: 'inline-flex', transform: 'rotate(180deg)' } : { display: 'inline-flex' }}>
        <Icon name={icon} size={14} />
      </span>
    </button>
  )
}
