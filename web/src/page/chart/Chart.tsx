import { useComputedColorScheme } from '@mantine/core'
import { useElementSize } from '@mantine/hooks'
import { useEffect, useMemo, useRef, useState, type ReactNode } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import type { Curve } from '../../api/types'
import { count, hash, value } from '../../lib/format'
import { smooth, type Smoothing } from '../../lib/smooth'
import './chart.css'

export type Axis = 'iter' | 'relative' | 'wall'

interface Props {
  title: string
  curves: Curve[]
  axis: Axis
  smoothing: Smoothing
  log: boolean
  height?: number
  tools?: ReactNode
}

const css = (name: string) => getComputedStyle(document.documentElement).getPropertyValue(name).trim()

/** The colour of a series: by its name, so that it stays when others are hidden; the next free one if two clash. */
export function colours(names: string[]): number[] {
  const taken = new Set<number>()
  return names.map((n) => {
    let at = hash(n, 6)
    for (let i = 0; i < 6 && taken.has(at); i++) at = (at + 1) % 6
    taken.add(at)
    return at
  })
}

/** Curves on one x axis: uPlot wants one list of x, and for each curve a value or a gap at each. */
function joined(curves: Curve[], axis: Axis): [number[], (number | null)[][], (number | null)[][], (number | null)[][]] {
  const scale = (c: Curve, x: number) => (axis === 'iter' ? x : axis === 'wall' ? x / 1000 : (x - (c.x[0] ?? 0)) / 1000)
  const xs = [...new Set(curves.flatMap((c) => c.x.map((x) => scale(c, x))))].sort((a, b) => a - b)
  const at = new Map(xs.map((x, i) => [x, i]))
  const put = (pick: (c: Curve) => number[]) =>
    curves.map((c) => {
      const ys = new Array<number | null>(xs.length).fill(null)
      const from = pick(c)
      c.x.forEach((x, i) => {
        const y = from[i]
        ys[at.get(scale(c, x)) ?? 0] = y === undefined || !Number.isFinite(y) ? null : y
      })
      return ys
    })
  return [xs, put((c) => c.mean), put((c) => c.min), put((c) => c.max)]
}

/** Curves of a metric. The band shows least and greatest values of what the server put together. */
export function Chart({ title, curves, axis, smoothing, log, height = 240, tools }: Props) {
  const { ref, width } = useElementSize()
  const holder = useRef<HTMLDivElement>(null)
  const scheme = useComputedColorScheme('light')
  const [at, setAt] = useState<number | null>(null)
  const [xs, mean, min, max] = useMemo(() => joined(curves, axis), [curves, axis])
  const lines = useMemo(() => mean.map((ys) => smooth(xs, ys, smoothing)), [mean, xs, smoothing])
  const tones = colours(curves.map((c) => c.variant))
  const reduced = curves.some((c) => c.points > c.x.length)
  const points = curves.reduce((sum, c) => sum + c.points, 0)
  useEffect(() => {
    if (!holder.current || width < 50) return
    const [grid, text] = [css('--line'), css('--text-3')]
    const originals = smoothing.how !== 'none'
    const axisLook = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid, width: 1 }, font: '11px sans-serif' }
    const series: uPlot.Series[] = [{}]
    const data: (number | null)[][] = [xs]
    const bands: uPlot.Band[] = []
    curves.forEach((c, i) => {
      const stroke = css(`--data-${(tones[i] ?? 0) + 1}`)
      const dash = i < 6 ? undefined : i < 12 ? [6, 4] : [2, 3]
      if (c.points > c.x.length && !originals) {
        bands.push({ series: [series.length, series.length + 1], fill: `${stroke}33` })
        series.push({ stroke: 'transparent', points: { show: false }, spanGaps: true }, { stroke: 'transparent', points: { show: false }, spanGaps: true })
        data.push(max[i] ?? [], min[i] ?? [])
      }
      if (originals) {
        series.push({ stroke: `${stroke}40`, width: 1, points: { show: false }, spanGaps: false })
        data.push(mean[i] ?? [])
      }
      series.push({ label: c.variant, stroke, dash, width: 1.6, points: { show: c.x.length < 2, size: 6 }, spanGaps: curves.length > 1 })
      data.push(lines[i] ?? [])
    })
    const plot = new uPlot(
      {
        width,
        height,
        series,
        bands,
        legend: { show: false },
        cursor: { sync: { key: `coffer ${axis}`, setSeries: false }, drag: { x: true, y: false }, points: { size: 6 } },
        scales: { x: { time: axis === 'wall' }, y: log ? { distr: 3 } : {} },
        axes: [axisLook, { ...axisLook, size: 56 }],
        hooks: { setCursor: [(u) => setAt(u.cursor.idx ?? null)] },
      },
      data as uPlot.AlignedData,
      holder.current,
    )
    return () => plot.destroy()
  }, [curves, xs, lines, mean, min, max, width, height, log, axis, smoothing, scheme, tones.join()]) // eslint-disable-line react-hooks/exhaustive-deps
  const bad = curves.reduce((sum, c) => sum + c.x.filter((_, i) => !Number.isFinite(c.mean[i] ?? NaN)).length, 0)
  return (
    <section className="chart" aria-label={title} ref={ref}>
      <header className="row">
        <h3 className="cut">{title}</h3>
        <span className="third cut">
          {reduced ? `${count(curves.reduce((s, c) => s + c.x.length, 0))} of ${count(points)} points, min and max kept` : `${count(points)} points`}
          {bad > 0 && `, ${count(bad)} not a number`}
        </span>
        <span className="grow" />
        {tools}
      </header>
      <div ref={holder} className="canvas" aria-hidden="true" style={{ height }} />
      <footer>
        {curves.map((c, i) => (
          <span key={c.variant} className="row">
            <i style={{ background: `var(--data-${(tones[i] ?? 0) + 1})` }} />
            <span className="cut">{c.variant}</span>
            <b className="num">{value((at !== null && lines[i]?.[at] !== null ? lines[i]?.[at] : c.mean.at(-1)) ?? undefined)}</b>
          </span>
        ))}
        {at !== null && <span className="third">{axis === 'iter' ? `iteration ${count(xs[at] ?? 0)}` : ''}</span>}
      </footer>
    </section>
  )
}
