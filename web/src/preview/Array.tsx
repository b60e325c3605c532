import { SegmentedControl, TextInput } from '@mantine/core'
import { useEffect, useRef, useState } from 'react'
import { count, size, value } from '../lib/format'
import { Bars } from './Bars'
import { Step } from './Step'
import { addressOf, membersOf, toNumber, type ArrayView, type Num, type PartProps, type Stats } from './types'

const shape = (s: number[]) => s.map((n) => n.toLocaleString('en')).join(' × ') || 'scalar'
const written = (n: Num) => (typeof n === 'number' ? value(n) : n)

export function ArrayPart({ shown, digest, part, set }: PartProps) {
  const a = shown.array!
  const [view, setView] = useState<'picture' | 'drawing' | 'values'>(a.picture ? 'picture' : a.heat || a.curve ? 'drawing' : 'values')
  const data = [
    ...(a.picture ? [{ value: 'picture', label: 'Image' }] : []),
    ...(a.heat ? [{ value: 'drawing', label: 'Heatmap' }] : a.curve ? [{ value: 'drawing', label: 'Curve' }] : []),
    { value: 'values', label: 'Values' },
  ]
  const chosen = data.some((d) => d.value === view) ? view : data[0]!.value
  const first = membersOf(part).length === 0 || part.member?.endsWith('.npz')
  return (
    <>
      <div className="pvtools">
        {first && a.arrays && a.arrays.length > 1 && (
          <span className="pvsegments" role="group" aria-label="Arrays of the file">
            {a.arrays.map((one, i) => (
              <button
                key={one.member}
                type="button"
                className={i === 0 ? 'pvsegment on' : 'pvsegment'}
                aria-pressed={i === 0}
                disabled={Boolean(one.trouble)}
                title={one.trouble || `${shape(one.shape ?? [])} ${one.dtype ?? ''}, ${size(one.bytes)}`}
                onClick={() => set({ member: [...membersOf(part), one.member].join('!/') })}
              >
                {one.name}
              </button>
            ))}
          </span>
        )}
        <span className="strong">{shape(a.shape)}</span>
        <span className="third">
          {a.dtype} · {a.order} order · {count(a.elements)} values
        </span>
        <span className="grow" />
        {data.length > 1 && <SegmentedControl size="xs" aria-label="Show the array as" value={chosen} onChange={(v) => setView(v as typeof view)} data={data} />}
      </div>
      {a.shape.length > 2 && <Slice array={a} pick={(slice) => set({ ...part, slice, rows: undefined, cols: undefined })} />}
      <div className="pvarray" tabIndex={0} role="region" aria-label="Array">
        <div className="pvdrawing">
          {chosen === 'picture' && <img src={'/api/' + addressOf(digest, part, '/image', { w: '1024' })} alt={`The array as an image of ${shape(a.shape)}`} />}
          {chosen === 'drawing' && a.heat && <Heat heat={a.heat} of={a.values?.of ?? [a.heat.rows, a.heat.cols]} />}
          {chosen === 'drawing' && a.curve && <Curve curve={a.curve} />}
          {chosen === 'values' && <Grid array={a} page={(rows, cols) => set({ ...part, rows, cols })} />}
        </div>
        {a.stats && <Summary stats={a.stats} />}
      </div>
    </>
  )
}

/** A place on each axis but two. */
function Slice({ array, pick }: { array: ArrayView; pick: (slice: string) => void }) {
  const parts = array.slice.split(',')
  return (
    <div className="pvtools" role="group" aria-label="Slice">
      <span className="third">Slice</span>
      {parts.map((p, axis) =>
        p.trim() === ':' ? (
          <span key={axis} className="mono third" title={`Axis ${axis} runs over all ${array.shape[axis]} places`}>
            :
          </span>
        ) : (
          <TextInput
            key={`${axis} ${p}`}
            size="xs"
            w={76}
            type="number"
            min={0}
            max={(array.shape[axis] ?? 1) - 1}
            defaultValue={p}
            aria-label={`Place on axis ${axis}, from 0 to ${(array.shape[axis] ?? 1) - 1}`}
            onKeyDown={(e) => e.key === 'Enter' && e.currentTarget.blur()}
            onBlur={(e) => {
              const next = [...parts]
              next[axis] = e.currentTarget.value || '0'
              if (next.join(',') !== array.slice) pick(next.join(','))
            }}
          />
        ),
      )}
      <span className="third">of {shape(array.shape)}</span>
    </div>
  )
}

/** Colours by how far from the middle: blue below, orange above, the ground of the page between; or dark to light. */
function colour(x: number, min: number, max: number, dark: boolean): [number, number, number] {
  const ground = dark ? [30, 36, 44] : [247, 248, 250]
  const mix = (to: number[], t: number) => ground.map((g, i) => Math.round(g + ((to[i] ?? 0) - g) * t)) as [number, number, number]
  if (min < 0 && max > 0) {
    const most = Math.max(-min, max)
    const t = Math.min(Math.abs(x) / most, 1) ** 0.8
    return mix(x < 0 ? (dark ? [80, 140, 255] : [30, 80, 190]) : dark ? [255, 150, 60] : [190, 90, 20], t)
  }
  const t = max > min ? (x - min) / (max - min) : 0.5
  return mix(dark ? [157, 176, 255] : [42, 58, 160], 0.08 + 0.92 * t)
}

function Heat({ heat, of }: { heat: NonNullable<ArrayView['heat']>; of: [number, number] }) {
  const canvas = useRef<HTMLCanvasElement>(null)
  const [at, setAt] = useState<[number, number]>()
  const min = toNumber(heat.min)
  const max = toNumber(heat.max)
  useEffect(() => {
    const c = canvas.current
    const ctx = c?.getContext('2d')
    if (!c || !ctx) return
    const dark = document.documentElement.dataset.mantineColorScheme === 'dark'
    const img = ctx.createImageData(heat.cols, heat.rows)
    heat.values.forEach((v, i) => {
      const x = toNumber(v)
      // What is no number is striped, never a colour.
      const [r, g, b] = Number.isNaN(x) ? (((i % heat.cols) + Math.floor(i / heat.cols)) % 2 ? [20, 20, 20] : [235, 235, 235]) : colour(x, min, max, dark)
      img.data.set([r!, g!, b!, 255], i * 4)
    })
    ctx.putImageData(img, 0, 0)
  }, [heat, min, max])
  const per = [of[0] / heat.rows, of[1] / heat.cols]
  const hovered = at && heat.values[at[0] * heat.cols + at[1]]
  const span = (i: number, n: number, whole: number) => {
    const from = Math.floor((i * whole) / n)
    const to = Math.floor(((i + 1) * whole) / n)
    return to - from > 1 ? `${from}:${to}` : String(from)
  }
  return (
    <figure className="pvheat">
      <canvas
        ref={canvas}
        width={heat.cols}
        height={heat.rows}
        role="img"
        aria-label={`Heatmap of ${of[0]} rows and ${of[1]} columns, from ${written(heat.min)} to ${written(heat.max)}`}
        onMouseMove={(e) => {
          const box = e.currentTarget.getBoundingClientRect()
          setAt([
            Math.min(heat.rows - 1, Math.max(0, Math.floor(((e.clientY - box.top) / box.height) * heat.rows))),
            Math.min(heat.cols - 1, Math.max(0, Math.floor(((e.clientX - box.left) / box.width) * heat.cols))),
          ])
        }}
        onMouseLeave={() => setAt(undefined)}
      />
      <figcaption className="third">
        {at && hovered !== undefined ? (
          <span className="mono">
            [{span(at[0], heat.rows, of[0])}, {span(at[1], heat.cols, of[1])}] {written(hovered)}
          </span>
        ) : heat.sampled ? (
          `One value out of each block of ${Math.round(per[0]!)} × ${Math.round(per[1]!)}`
        ) : per[0]! * per[1]! > 1 ? (
          `Each cell is the mean of about ${Math.max(1, Math.round(per[0]! * per[1]!))} values`
        ) : (
          'Each cell is one value'
        )}
        <span className="grow" />
        {written(heat.min)} to {written(heat.max)} · rows ↓ columns →
      </figcaption>
    </figure>
  )
}

function Curve({ curve }: { curve: NonNullable<ArrayView['curve']> }) {
  const w = 720
  const h = 260
  const lows = curve.min.map(toNumber)
  const highs = curve.max.map(toNumber)
  const finite = [...lows, ...highs].filter((x) => !Number.isNaN(x))
  const min = finite.length ? Math.min(...finite) : 0
  const max = finite.length ? Math.max(...finite) : 1
  const n = curve.mean.length
  const x = (i: number) => (n > 1 ? (i / (n - 1)) * w : w / 2)
  const y = (v: number) => (max > min ? h - ((v - min) / (max - min)) * h : h / 2)
  let pen = false
  const line = curve.mean
    .map((m, i) => {
      const v = toNumber(m)
      if (Number.isNaN(v)) {
        pen = false
        return ''
      }
      const step = `${pen ? 'L' : 'M'}${x(i).toFixed(1)} ${y(v).toFixed(1)}`
      pen = true
      return step
    })
    .join('')
  return (
    <figure className="pvheat">
      <svg viewBox={`-4 -4 ${w + 8} ${h + 8}`} role="img" aria-label={`Curve of ${n} points from ${value(min)} to ${value(max)}`} preserveAspectRatio="none">
        {lows.map((low, i) => !Number.isNaN(low) && curve.width > 1 && <line key={i} x1={x(i)} x2={x(i)} y1={y(low)} y2={y(highs[i]!)} stroke="var(--data-1)" strokeOpacity={0.35} strokeWidth={w / n} />)}
        <path d={line} fill="none" stroke="var(--data-1)" strokeWidth={1.8} />
      </svg>
      <figcaption className="third">
        {curve.width > 1 ? `Each point stands for ${count(Math.round(curve.width))} values: least, greatest and mean${curve.sampled ? ' of a part of them' : ''}` : 'Each point is one value'}
        <span className="grow" />
        {value(min)} to {value(max)}
      </figcaption>
    </figure>
  )
}

function Grid({ array, page }: { array: ArrayView; page: (rows: string, cols: string) => void }) {
  const v = array.values
  if (!v) return null
  const rows = v.cells.length
  const cols = v.cells[0]?.length ?? 0
  const [r, c] = v.from
  const move = (dr: number, dc: number) =>
    page(`${Math.max(0, r + dr)}-${Math.max(0, r + dr) + Math.max(rows, 20)}`, `${Math.max(0, c + dc)}-${Math.max(0, c + dc) + Math.max(cols, 12)}`)
  return (
    <>
      <div className="pvscroll" tabIndex={0} role="region" aria-label="Values">
        <table className="pvgrid">
          <thead>
            <tr>
              <td />
              {Array.from({ length: cols }, (_, i) => (
                <th key={i} scope="col">
                  {v.columns?.[i] ?? c + i}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {v.cells.map((line, i) => (
              <tr key={i}>
                <th scope="row">{r + i}</th>
                {line.map((cell, j) => (
                  <td key={j} className={typeof cell === 'number' ? 'num' : ''}>
                    {String(cell)}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <div className="pvfoot third">
        Rows {count(r)} to {count(Math.max(r, r + rows - 1))} of {count(v.of[0])}, columns {count(c)} to {count(Math.max(c, c + cols - 1))} of {count(v.of[1])}
        <span className="grow" />
        <Step label="Rows before" icon="up" off={r === 0} go={() => move(-rows, 0)} />
        <Step label="Rows behind" icon="down" off={r + rows >= v.of[0]} go={() => move(rows, 0)} />
        <Step label="Columns before" icon="left" off={c === 0} go={() => move(0, -cols)} />
        <Step label="Columns behind" icon="left" turn off={c + cols >= v.of[1]} go={() => move(0, cols)} />
      </div>
    </>
  )
}

function Summary({ stats }: { stats: Stats }) {
  return (
    <aside className="pvstats" aria-label="Statistics">
      <p className="strong">Distribution</p>
      {stats.histogram && <Bars histogram={stats.histogram} height={64} />}
      <dl>
        {(
          [
            ['Min', written(stats.min)],
            ['Max', written(stats.max)],
            ['Mean', written(stats.mean)],
            ['Std', written(stats.std)],
            ['Zeros', stats.count ? `${((100 * stats.zeros) / stats.count).toFixed(1)}%` : '–'],
            ['NaN', count(stats.nan)],
            ['Inf', count(stats.inf)],
          ] as const
        ).map(([name, v]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd className={(name === 'NaN' && stats.nan) || (name === 'Inf' && stats.inf) ? 'warned' : ''}>{v}</dd>
          </div>
        ))}
      </dl>
      <p className="third">{stats.sampled ? `Of a sample of ${count(stats.count)} out of ${count(stats.of)} values` : `Of all ${count(stats.of)} values`}</p>
    </aside>
  )
}
