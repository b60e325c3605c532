import { Link, type LinkProps } from '@tanstack/react-router'
import './tabs.css'

export interface TabItem {
  label: string
  count?: number
  link: Pick<LinkProps, 'to' | 'params' | 'search'>
  active: boolean
}

/** Tabs are links: they can be opened beside, copied and gone back to. */
export function Tabs({ items, label }: { items: TabItem[]; label: string }) {
  return (
    <nav className="tabs" aria-label={label}>
      {items.map((t) => (
        <Link key={t.label} {...(t.link as LinkProps)} activeOptions={{ exact: true }} className={t.active ? 'tab active' : 'tab'} aria-current={t.active ? 'page' : undefined}>
          {t.label}
          {t.count !== undefined && <span className="pill">{t.count.toLocaleString('en')}</span>}
        </Link>
      ))}
    </nav>
  )
}
