/** How numbers, sizes and times are written. */

const units = ['B', 'KB', 'MB', 'GB', 'TB', 'PB']

/** Bytes in powers of 1000, three digits: 8.4 MB. */
export function size(bytes: number | null | undefined): string {
  if (bytes === null || bytes === undefined) return '–'
  let n = bytes
  let unit = 0
  while (n >= 999.5 && unit < units.length - 1) {
    n /= 1000
    unit++
  }
  const digits = unit === 0 || n >= 99.95 ? 0 : 1
  return `${n.toFixed(digits)} ${units[unit]}`
}

export const exactSize = (bytes: number | null | undefined) =>
  bytes === null || bytes === undefined ? 'size unknown' : `${bytes.toLocaleString('en')} bytes`

export const count = (n: number) => n.toLocaleString('en')

/** A value of a metric: four significant digits unless it is whole. */
export function value(n: number | undefined): string {
  if (n === undefined || Number.isNaN(n)) return '–'
  if (Number.isInteger(n) && Math.abs(n) < 1e6) return String(n)
  const abs = Math.abs(n)
  return abs >= 1e5 || (abs !== 0 && abs < 1e-3) ? n.toExponential(3) : n.toPrecision(4)
}

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const two = (n: number) => String(n).padStart(2, '0')

/** Relative below a day, then 21 Nov, 14:02, with the year when it is another. */
export function when(at: Date, now = new Date()): string {
  const seconds = (now.getTime() - at.getTime()) / 1000
  if (seconds < 45 && seconds > -45) return 'just now'
  if (seconds > 0 && seconds < 3600) return `${Math.round(seconds / 60)} min ago`
  if (seconds > 0 && seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`
  const year = at.getFullYear() === now.getFullYear() ? '' : ` ${at.getFullYear()}`
  return `${at.getDate()} ${months[at.getMonth()]}${year}, ${two(at.getHours())}:${two(at.getMinutes())}`
}

/** Local time in full, and in UTC. */
export const exactTime = (at: Date) => `${at.toLocaleString()} (${at.toISOString().replace('T', ' ').slice(0, 19)} UTC)`

export function duration(seconds: number | undefined): string {
  if (seconds === undefined || seconds < 0) return '–'
  if (seconds < 60) return `${Math.round(seconds)} s`
  if (seconds < 3600) return `${Math.round(seconds / 60)} m`
  const hours = Math.floor(seconds / 3600)
  return `${hours} h ${Math.round((seconds % 3600) / 60)} m`
}

export const shortID = (id: string) => id.slice(0, 8)

export const shortDigest = (digest: string) => `${digest.slice(0, 8)}…${digest.slice(-4)}`

/** Two letters for a person. */
export function initials(name: string): string {
  const parts = name.trim().split(/[\s._-]+/)
  return ((parts[0]?.[0] ?? '?') + (parts.length > 1 ? (parts.at(-1)?.[0] ?? '') : (parts[0]?.[1] ?? ''))).toUpperCase()
}

/** A number from 0 to n-1 that stays the same for a text. */
export function hash(text: string, n: number): number {
  let h = 2166136261
  for (const c of text) h = Math.imul(h ^ (c.codePointAt(0) ?? 0), 16777619)
  return (h >>> 0) % n
}
