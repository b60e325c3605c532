import { useInfiniteQuery } from '@tanstack/react-query'
import { useMemo, type ReactNode } from 'react'
import { models } from '../../api/lists'
import { ReadyBadge } from '../../ui/Badge'
import { Icon } from '../../ui/Icon'
import { Time } from '../../ui/Parts'
import { Beside } from '../Beside'
import type { Listed } from '../views'

/** The models of a list, and the page of one of them beside it. */
export function ModelsBeside({ list, mid, tab, children }: { list: Listed; mid: string; tab: string; children: ReactNode }) {
  const found = useInfiniteQuery(models(list.search, list.pid))
  const rows = useMemo(() => found.data?.pages.flatMap((p) => p.models) ?? [], [found.data])
  return (
    <Beside
      list={list}
      found={found}
      rows={rows}
      id={mid}
      tab={tab}
      card={(m) => (
        <>
          <span className="row">
            <Icon name="layers" size={14} />
            <span className="cut strong">{m.name}</span>
          </span>
          <span className="row">
            <ReadyBadge ready={m.ready} />
            <span className="third cut">
              {m.framework && `${m.framework} · `}
              <Time at={m.last_update} />
            </span>
          </span>
        </>
      )}
    >
      {children}
    </Beside>
  )
}
