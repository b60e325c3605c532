/** What GET /api/preview/DIGEST answers; docs/protocol/own.md tells of it. */

/** NaN and the infinities come as texts. */
export type Num = number | 'NaN' | 'Infinity' | '-Infinity'

export interface Histogram {
  from: Num
  to: Num
  counts: number[]
}

export interface Stats {
  count: number
  of: number
  sampled: boolean
  min: Num
  max: Num
  mean: Num
  std: Num
  zeros: number
  nan: number
  inf: number
  histogram?: Histogram
}

export type Cell = null | string | number | boolean

export interface ArrayView {
  arrays?: { name: string; member: string; dtype?: string; shape?: number[]; bytes: number; trouble?: string }[]
  dtype: string
  shape: number[]
  order: 'C' | 'F'
  elements: number
  slice: string
  stats?: Stats
  curve?: { width: number; sampled: boolean; min: Num[]; max: Num[]; mean: Num[] }
  heat?: { rows: number; cols: number; sampled: boolean; min: Num; max: Num; values: Num[] }
  values?: { from: [number, number]; of: [number, number]; columns?: string[]; cells: Cell[][] }
  picture?: boolean
}

export interface Column {
  name: string
  type: string
  index?: boolean
  rows?: number
  nulls?: number
  numbers?: Stats
  top?: { value: string; count: number }[]
  distinct?: number
  first?: string
  last?: string
}

export interface TableView {
  format: string
  rows: number
  at_least: number
  column_count: number
  from_column: number
  columns: Column[]
  from: number
  cells: Cell[][]
  more: boolean
  ragged?: number
  statistics: 'sampled' | 'complete'
  job?: 'waiting' | 'running' | 'failed'
}

export interface TreeNode {
  key?: string
  kind: string
  value?: string
  cut?: boolean
  count?: number
  from?: number
  children?: TreeNode[]
}

export interface Member {
  name: string
  size: number
  packed: number
  trouble?: string
  outside?: boolean
}

export interface Preview {
  digest: string
  name: string
  size: number
  kind: string
  modes: string[]
  content_type: string
  title?: string
  facts?: { name: string; value: string }[]
  problem?: string
  warning?: string
  read: number
  array?: ArrayView
  table?: TableView
  image?: { width: number; height: number; mode: string; bits: number; format: string; thumb: boolean; inline: boolean; turned?: number }
  tree?: { path: string; node: TreeNode }
  text?: { language?: string; from: number; lines: string[]; cut?: number[]; more: boolean }
  archive?: {
    count: number
    found: number
    bytes: number
    packed: number
    from: number
    members: Member[]
    types: { extension: string; count: number; bytes: number }[]
    largest: Member[]
    strange?: number
  }
  pickle?: {
    protocol: number
    imports: { name: string; reading: 'data' | 'unknown' | 'danger' }[]
    plain: boolean
    runs: boolean
    ops: { at: number; name: string; arg?: string }[]
    truncated?: boolean
    broken?: string
  }
  tensors?: { count: number; parameters: number; bytes: number; metadata?: Record<string, string>; from: number; tensors: { name: string; dtype: string; shape: number[]; bytes: number }[] }
  hex?: { at: number; bytes: string; guess?: string; why?: string; entropy: Num }
}

/** What part is looked at: it stands in the address of the page. Members are joined by "!/". */
export interface Part {
  as?: string
  member?: string
  slice?: string
  rows?: string
  cols?: string
  path?: string
  at?: string
  find?: string
}

/** What the part of each kind is given. */
export interface PartProps {
  shown: Preview
  digest: string
  part: Part
  set: (change: Part) => void
}

export const partNames = ['as', 'member', 'slice', 'rows', 'cols', 'path', 'at', 'find'] as const

export const membersOf = (part: Part) => (part.member ? part.member.split('!/') : [])

/** The address of a preview, or of what belongs to it. */
export function addressOf(digest: string, part: Part, what = '', more: Record<string, string> = {}): string {
  const query = new URLSearchParams()
  for (const m of membersOf(part)) query.append('member', m)
  if (what === '') for (const name of partNames) if (name !== 'member' && part[name]) query.set(name, part[name])
  for (const [k, v] of Object.entries(more)) query.set(k, v)
  const text = query.toString()
  return `preview/${digest}${what}${text && '?' + text}`
}

export const toNumber = (n: Num) => (typeof n === 'number' ? n : NaN)
