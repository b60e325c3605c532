import type { ReactNode } from 'react'
import './markdown.css'

/**
 * Markdown as elements of the page. HTML in it is text, addresses lead nowhere but to pages and mail, and pictures come
 * from this server alone: what somebody wrote never acts for who reads it.
 */
export const Markdown = ({ text }: { text: string }) => <div className="markdown">{blocks(text.replaceAll('\r\n', '\n').split('\n'))}</div>

const FENCE = /^ {0,3}(`{3,}|~{3,})/
const HEADING = /^ {0,3}(#{1,6})\s+(.*?)\s*#*$/
const RULE = /^ {0,3}([-*_])(\s*\1){2,}\s*$/
const QUOTE = /^ {0,3}> ?/
const ITEM = /^( {0,3}(?:[-*+]|\d{1,9}[.)]))\s+/
const DIVIDER = /^\s*\|?(\s*:?-+:?\s*\|)+\s*:?-*:?\s*$/

const begins = (line: string) => [FENCE, HEADING, RULE, QUOTE, ITEM].some((r) => r.test(line))

/** Lines from one on as long as they are wanted. */
function span(lines: string[], from: number, wanted: (line: string, at: number) => boolean): string[] {
  let to = from
  while (to < lines.length && wanted(lines[to] ?? '', to)) to++
  return lines.slice(from, to)
}

function blocks(lines: string[]): ReactNode[] {
  const out: ReactNode[] = []
  for (let i = 0; i < lines.length; ) {
    const line = lines[i] ?? ''
    const [block, taken] = line.trim() ? one(lines, i, line) : [null, 1]
    if (block !== null) out.push(<Keyed key={i}>{block}</Keyed>)
    i += taken
  }
  return out
}

const Keyed = ({ children }: { children: ReactNode }) => <>{children}</>

/** The block that begins at a line, and how many lines it takes. */
function one(lines: string[], at: number, line: string): [ReactNode, number] {
  const fence = FENCE.exec(line)?.[1]
  if (fence) {
    const body = span(lines, at + 1, (l) => !l.trim().startsWith(fence))
    return [<pre tabIndex={0}>{body.join('\n')}</pre>, body.length + 2]
  }
  const heading = HEADING.exec(line)
  if (heading) {
    const Level = `h${Math.min(6, (heading[1]?.length ?? 1) + 1)}` as 'h2' // the page has its own h1
    return [<Level>{inline(heading[2] ?? '')}</Level>, 1]
  }
  if (RULE.test(line)) return [<hr />, 1]
  if (QUOTE.test(line)) {
    const body = span(lines, at, (l) => QUOTE.test(l))
    return [<blockquote>{blocks(body.map((l) => l.replace(QUOTE, '')))}</blockquote>, body.length]
  }
  if (ITEM.test(line)) return list(lines, at, line)
  if (line.includes('|') && DIVIDER.test(lines[at + 1] ?? '')) return table(lines, at)
  const body = span(lines, at, (l, i) => !!l.trim() && (i === at || !begins(l)))
  return [<p>{inline(body.join('\n'))}</p>, body.length]
}

function list(lines: string[], at: number, line: string): [ReactNode, number] {
  const ordered = /^\s*\d/.test(line)
  const depth = ITEM.exec(line)?.[0].length ?? 2 // what stands as far in belongs to the item above it
  const items: string[][] = []
  const body = span(lines, at, (l, i) => {
    const item = ITEM.exec(l)
    if (item && l.search(/\S/) < depth && /^\s*\d/.test(l) === ordered) items.push([l.slice(item[0].length)])
    else if (!l.trim() ? /^(\s{2,}|\t)\S|^ {0,3}(?:[-*+]|\d{1,9}[.)])\s/.test(lines[i + 1] ?? '') : /^(\s{2,}|\t)/.test(l)) items.at(-1)?.push(l.replace(/^(\t| {1,4})/, ''))
    else return false
    return true
  })
  const List = ordered ? 'ol' : 'ul'
  return [
    <List>
      {items.map((item, i) => (
        <li key={i}>{item.length > 1 ? [inline(item[0] ?? ''), ...blocks(item.slice(1))].map((part, k) => <Keyed key={k}>{part}</Keyed>) : inline(item[0] ?? '')}</li>
      ))}
    </List>,
    body.length,
  ]
}

const cells = (line: string) => line.trim().replace(/^\||\|$/g, '').split('|').map((c) => c.trim())

function table(lines: string[], at: number): [ReactNode, number] {
  const rows = span(lines, at + 2, (l) => l.includes('|'))
  return [
    <div className="scrolls" tabIndex={0} role="group" aria-label="Table">
      <table>
        <thead>
          <tr>{cells(lines[at] ?? '').map((c, i) => <th key={i} scope="col">{inline(c)}</th>)}</tr>
        </thead>
        <tbody>{rows.map((r, i) => <tr key={i}>{cells(r).map((c, k) => <td key={k}>{inline(c)}</td>)}</tr>)}</tbody>
      </table>
    </div>,
    rows.length + 2,
  ]
}

const INLINE =
  /(?<tick>`+)(?<code>.+?)\k<tick>|(?<pic>!?)\[(?<label>[^\]]*)\]\((?<to>[^)\s]+)\)|\*\*(?<strong>\S(?:.*?\S)?)\*\*|\*(?<em>\S(?:.*?\S)?)\*|(?<!\w)_(?<under>\S(?:.*?\S)?)_(?!\w)|~~(?<del>.+?)~~|(?<url>https?:\/\/[^\s<>)]+)|(?<br> {2,}\n)/s

const leads = (to: string) => /^(https?:|mailto:|\/|#)/i.test(to)
const ours = (to: string) => /^\/(?![/\\])/.test(to)

function inline(text: string): ReactNode {
  const found = INLINE.exec(text)
  if (!found) return text
  const g = found.groups ?? {}
  const rest = text.slice(found.index + found[0].length)
  return (
    <>
      {text.slice(0, found.index)}
      {g.code !== undefined ? (
        <code>{g.code.trim()}</code>
      ) : g.to !== undefined ? (
        g.pic && ours(g.to) ? <img src={g.to} alt={g.label} /> : <Anchor to={g.to}>{inline(g.label || g.to)}</Anchor>
      ) : g.strong ? (
        <strong>{inline(g.strong)}</strong>
      ) : (g.em ?? g.under) ? (
        <em>{inline(g.em ?? g.under ?? '')}</em>
      ) : g.del ? (
        <del>{inline(g.del)}</del>
      ) : g.url ? (
        <Anchor to={g.url}>{g.url}</Anchor>
      ) : (
        <br />
      )}
      {inline(rest)}
    </>
  )
}

const Anchor = ({ to, children }: { to: string; children: ReactNode }) =>
  leads(to) ? (
    <a href={to} {...(ours(to) ? {} : { target: '_blank', rel: 'noopener noreferrer' })}>
      {children}
    </a>
  ) : (
    <>{children}</>
  )
