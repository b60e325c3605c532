import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { own } from '../api/client'
import { count } from '../lib/format'
import { CopyButton } from '../ui/Parts'
import { addressOf, type Part, type PartProps, type Preview, type TreeNode } from './types'

const PAGE = 200

const step = (path: string, key: string | number) => `${path}/${String(key).replaceAll('~', '~0').replaceAll('/', '~1')}`

export function TreePart({ shown, digest, part }: PartProps) {
  const tree = shown.tree!
  return (
    <div className="pvtree" tabIndex={0} role="region" aria-label="Tree">
      <ul>
        <Branch node={tree.node} path={tree.path} digest={digest} part={part} name={tree.path || shown.name} open />
      </ul>
    </div>
  )
}

/** A value, and below it its children, which are asked for when it is opened. */
function Branch({ node, path, digest, part, name, open = false }: { node: TreeNode; path: string; digest: string; part: Part; name: string | number; open?: boolean }) {
  const [unfolded, unfold] = useState(open)
  const [from, goTo] = useState(node.from ?? 0)
  const total = node.count ?? 0
  const have = node.children ?? []
  // What came with the node above is its beginning alone.
  const enough = from === (node.from ?? 0) && have.length >= Math.min(total - from, PAGE)
  const more = useQuery({
    queryKey: ['tree', digest, part.member, part.as, path, from],
    queryFn: ({ signal }) => own<Preview>(addressOf(digest, { as: part.as, member: part.member, path, rows: `${from}-${from + PAGE}` }), {}, { signal }),
    enabled: unfolded && total > 0 && !enough,
    staleTime: Infinity,
  })
  const children = enough ? have : (more.data?.tree?.node.children ?? have)
  const listed = node.kind !== 'object'
  if (total === 0) {
    return (
      <li>
        <span className="pvkey">{name}</span>
        <span className={`pvvalue ${node.kind}`}>
          {node.kind === 'object' ? '{}' : node.kind === 'list' ? '[]' : node.kind === 'string' ? JSON.stringify(node.value ?? '') : (node.value ?? '')}
          {node.cut && '…'}
        </span>
        {!['object', 'list'].includes(node.kind) && <CopyButton text={node.value ?? ''} label={`Copy ${name}`} />}
      </li>
    )
  }
  return (
    <li>
      <button type="button" className="aslink" aria-expanded={unfolded} onClick={() => unfold(!unfolded)}>
        <span className="pvfold" aria-hidden="true">
          {unfolded ? '▾' : '▸'}
        </span>
        <span className="pvkey">{name}</span>
      </button>
      <span className="third">
        {node.kind} of {count(total)}
        {node.cut && ' or more'}
      </span>
      {unfolded && (
        <ul>
          {from > 0 && (
            <li>
              <button type="button" className="aslink" onClick={() => goTo(Math.max(0, from - PAGE))}>
                {count(PAGE)} before
              </button>
            </li>
          )}
          {children.map((c, i) => {
            const key = c.key ?? from + i
            return <Branch key={`${key} ${i}`} node={c} path={step(path, key)} digest={digest} part={part} name={listed ? from + i : key} />
          })}
          {more.isFetching && <li className="third">Loading …</li>}
          {from + PAGE < total && (
            <li>
              <button type="button" className="aslink" onClick={() => goTo(from + PAGE)}>
                {count(total - from - PAGE)} more
              </button>
            </li>
          )}
        </ul>
      )}
    </li>
  )
}
