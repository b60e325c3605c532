import { useEffect, useRef } from 'react'
import { literally } from '../api/lists'

/** A text cut where something stands in it, which are the odd parts. */
const cut = (text: string, q: string) => (q ? text.split(new RegExp(`(${literally(q)})`, 'i')) : [text])

export const occurrences = (text: string, q: string) => (cut(text, q).length - 1) / 2

/** A text in which what is looked for is marked, and scrolled to. */
export function Marked({ text, q }: { text: string; q: string }) {
  const holder = useRef<HTMLPreElement>(null)
  useEffect(() => {
    void holder.current?.querySelector('mark')?.scrollIntoView({ block: 'nearest' })
  }, [text, q])
  return (
    <pre ref={holder} tabIndex={0}>
      {cut(text, q).map((part, i) => (i % 2 ? <mark key={i}>{part}</mark> : part))}
    </pre>
  )
}
