/** Terminal colours as classes (ECMA-48, "select graphic rendition"); other control sequences are left out. */

export interface Piece {
  text: string
  style: string
}

// eslint-disable-next-line no-control-regex
const sequence = /\u001b\[([0-9;]*)([A-Za-z])|\u001b\][^\u0007]*\u0007|[\u0000-\u0008\u000b-\u001a\u001c-\u001f]/g

export function ansi(text: string): Piece[] {
  const out: Piece[] = []
  let colour = ''
  let bold = false
  let from = 0
  const push = (to: number) => {
    if (to > from) out.push({ text: text.slice(from, to), style: [colour && `a-${colour}`, bold && 'a-bold'].filter(Boolean).join(' ') })
  }
  for (const m of text.matchAll(sequence)) {
    push(m.index)
    from = m.index + m[0].length
    if (m[2] !== 'm') continue
    for (const code of (m[1] || '0').split(';').map(Number)) {
      if (code === 0) [colour, bold] = ['', false]
      else if (code === 1) bold = true
      else if (code === 22) bold = false
      else if (code === 39) colour = ''
      else if (code >= 30 && code <= 37) colour = String(code)
      else if (code === 90) colour = '90'
      else if (code > 90 && code <= 97) colour = String(code - 60)
    }
  }
  push(text.length)
  return out
}
