/** One set of stroke icons on a 16 px grid; they take the colour of the text around. */

const paths = {
  home: 'M2.5 7.5 8 3l5.5 4.5M4 6.6V13h3V9.5h2V13h3V6.6',
  folder: 'M2 4.5h4l1.3 1.5H14V13H2z',
  task: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM6.8 5.6 10.3 8l-3.5 2.4z',
  flask: 'M6 2h4M6.7 2v4.2L3.4 12a1.3 1.3 0 0 0 1.1 2h7a1.3 1.3 0 0 0 1.1-2L9.3 6.2V2M5 10h6',
  cube: 'M8 2 13.5 5v6L8 14l-5.5-3V5zM2.6 5 8 8l5.4-3M8 8v6',
  box: 'M2 5h12v8.5H2zM3.5 2.5h9L14 5M2 5l1.5-2.5M6.5 8h3',
  gear: 'M8 5.7a2.3 2.3 0 1 0 0 4.6 2.3 2.3 0 0 0 0-4.6zM8 2v1.6M8 12.4V14M2 8h1.6M12.4 8H14M3.8 3.8 5 5M11 11l1.2 1.2M3.8 12.2 5 11M11 5l1.2-1.2',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9zM10.3 10.3 14 14',
  side: 'M2.5 3h11v10h-11zM6.5 3v10',
  moon: 'M13 9.5A5.5 5.5 0 0 1 6.5 3 5.5 5.5 0 1 0 13 9.5z',
  sun: 'M8 5.3a2.7 2.7 0 1 0 0 5.4 2.7 2.7 0 0 0 0-5.4zM8 1.5v1.3M8 13.2v1.3M1.5 8h1.3M13.2 8h1.3M3.4 3.4l.9.9M11.7 11.7l.9.9M3.4 12.6l.9-.9M11.7 4.3l.9-.9',
  help: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM6.2 6.3A1.8 1.8 0 1 1 8.8 8c-.6.3-.8.6-.8 1.3M8 11.3v.2',
  copy: 'M5.5 5.5h8v8h-8zM3 10.5H2.5v-8h8V3',
  check: 'M3 8.5 6.5 12 13 4.5',
  cross: 'M4 4l8 8M12 4l-8 8',
  dot: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 6.2a1.8 1.8 0 1 0 0 3.6 1.8 1.8 0 0 0 0-3.6z',
  square: 'M4 4h8v8H4z',
  seal: 'M8 1.8l1.6 1.3 2.1-.2.5 2 1.7 1.2-.8 1.9.8 1.9-1.7 1.2-.5 2-2.1-.2L8 14.2l-1.6-1.3-2.1.2-.5-2L2.1 9.9l.8-1.9-.8-1.9 1.7-1.2.5-2 2.1.2zM5.8 8l1.6 1.6 2.8-3',
  pencil: 'M3 13l.6-2.6L11 3l2 2-7.4 7.4z',
  hourglass: 'M4 2h8M4 14h8M5 2c0 3 3 4 3 6s-3 3-3 6M11 2c0 3-3 4-3 6s3 3 3 6',
  up: 'M8 13V3.5M4.5 7 8 3.5 11.5 7',
  down: 'M8 3v9.5M4.5 9 8 12.5 11.5 9',
  out: 'M7 3H3v10h10V9M9.5 3H13v3.5M13 3 7.5 8.5',
  warn: 'M8 2.5 14 13H2zM8 6.5v3M8 11.2v.2',
  table: 'M2 3h12v10H2zM2 6.3h12M2 9.7h12M6 3v10',
  array: 'M2.5 2.5h11v11h-11zM6.2 2.5v11M9.8 2.5v11M2.5 6.2h11M2.5 9.8h11',
  image: 'M2 3h12v10H2zM5.3 5.6a1 1 0 1 0 0 2 1 1 0 0 0 0-2zM2 11.5l3.5-3 2.5 2 3-3.5 3 3.5',
  braces: 'M6 2.5c-2 0-2 1-2 2.5s0 3-2 3c2 0 2 1.5 2 3s0 2.5 2 2.500M10 2.500c2 0 2 1 2 2.500s0 3 2 3c-2 0-2 1.5-2 3s0 2.5-2 2.5',
  zip: 'M2 4h4l1.3 1.500H14V13H2zM10 5.500v1.500M10 8v1.500M10 10.500V12',
  text: 'M4 2h6l3 3v9H4zM10 2v3h3M6 8h5M6 10.500h5',
  mark: 'M4 2h6l3 3v9H4zM8.5 6.500v3.500M8.5 11.700v.2',
  layers: 'M8 2l6 3-6 3-6-3zM2 8l6 3 6-3M2 11l6 3 6-3',
  link: 'M6.5 9.500l3-3M7 4.500l1.5-1.500a2.8 2.8 0 0 1 4 4L11 8.500M9 11.5 7.5 13a2.8 2.8 0 0 1-4-4L5 7.5',
  plus: 'M8 3v10M3 8h10',
  menu: 'M2.5 4.500h11M2.5 8h11M2.5 11.500h11',
  more: 'M3.5 8h.01M8 8h.01M12.5 8h.01',
  clock: 'M8 2a6 6 0 1 0 0 12A6 6 0 0 0 8 2zM8 4.800V8l2.2 1.5',
  key: 'M5.5 7.500a3 3 0 1 0 2.6 4.500M8 9.500l5.5-5.500M11 5l1.7 1.700M5.5 10.500h.01',
  sort: 'M5 3v10M2.8 10.8 5 13l2.2-2.200M11 13V3M8.8 5.2 11 3l2.2 2.2',
  left: 'M10 3 5 8l5 5',
  chart: 'M2.5 2.500v11h11M5 10.500l3-4 2 2 3.500-5',
  right: 'M6 3l5 5-5 5',
  palette: 'M8 2a6 6 0 1 0 0 12c1.3 0 1.5-1 1-1.8-.6-1 .1-2 1.2-2H12a2 2 0 0 0 2-2C14 4.7 11.3 2 8 2zM5 8.2h.01M6.3 5.3h.01M9.7 5.3h.01',
  expand: 'M9.5 2.500h4v4M6.5 13.500h-4v-4M13.5 2.500l-5 5M2.5 13.500l5-5',
} as const

export type IconName = keyof typeof paths

export function Icon({ name, size = 16, className }: { name: IconName; size?: number; className?: string }) {
  return (
    <svg
      className={className}
      width={size}
      height={size}
      viewBox="0 0 16 16"
      fill="none"
      stroke="currentColor"
      strokeWidth={1.4}
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      style={{ flex: 'none' }}
    >
      <path d={paths[name]} />
    </svg>
  )
}

/** The icon for an artifact's type, as the SDKs name types. */
export function typeIcon(type: string): IconName {
  const t = type.toLowerCase()
  if (/pandas|dataframe|csv|parquet|feather|table/.test(t)) return 'table'
  if (/numpy|array|ndarray/.test(t)) return 'array'
  if (/image|png|jpe?g|pil/.test(t)) return 'image'
  if (/dict|json|yaml/.test(t)) return 'braces'
  if (/archive|zip|folder/.test(t)) return 'zip'
  if (/string|text|str/.test(t)) return 'text'
  if (/pickle/.test(t)) return 'mark'
  if (/model/.test(t)) return 'cube'
  return 'box'
}

const taskIcons: Record<string, IconName> = {
  training: 'flask', testing: 'check', inference: 'out', data_processing: 'table', application: 'side', monitor: 'clock', controller: 'link',
  optimizer: 'sort', service: 'gear', qc: 'seal', custom: 'box',
}

/** The icon for a task's type. */
export const taskIcon = (type: string): IconName => taskIcons[type] ?? 'flask'
