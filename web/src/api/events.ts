/** What a task or model reported: curves, single values, plots, debug samples. */

import { infiniteQueryOptions, queryOptions } from '@tanstack/react-query'
import { call, own } from './client'
import type { Curve, Plot, Sample } from './types'

/** Buckets of a curve: about as many as a chart is wide. */
export const SAMPLES = 800

/** Buckets of a curve of a model, of which there is but the mean: so many that hardly any holds more than one point. */
const MEANS = 6000

/** Curves of a model: each point as its bucket. */
async function curvesOfModel(task: string, key: 'iter' | 'timestamp', signal: AbortSignal): Promise<Curve[]> {
  const found = await call<Record<string, Record<string, { x: number[]; y: number[] }>>>(
    'events.scalar_metrics_iter_histogram',
    { task, key, samples: MEANS, model_events: true },
    signal,
  )
  return Object.entries(found).flatMap(([metric, variants]) =>
    Object.entries(variants).map(([variant, { x, y }]) => ({ metric, variant, points: x.length, x, count: x.map(() => 1), mean: y, min: y, max: y })),
  )
}

export const curves = (of: string, key: 'iter' | 'timestamp', ofModel = false) =>
  queryOptions({
    queryKey: ['curves', of, key],
    queryFn: async ({ signal }) =>
      ofModel ? curvesOfModel(of, key, signal) : (await own<{ curves: Curve[] }>(`tasks/${of}/scalars`, { key, samples: SAMPLES }, { signal })).curves,
    placeholderData: (before) => before,
  })

/** Points of one page, and at most of a chart: more than these cannot be told apart on any screen. */
const RAW = 100_000
const MOST = 1_000_000

interface RawPage {
  returned: number
  scroll_id: string
  variants: Record<string, Partial<Record<'iter' | 'timestamp', number[]>> & { y: number[] }>
}

/** Curves of one metric with each of their points; those with too many stay as they are. */
export const rawCurves = (of: string, known: Curve[], key: 'iter' | 'timestamp', ofModel = false) =>
  queryOptions({
    queryKey: ['curves', of, 'raw', key, known.map((c) => [c.metric, c.variant])],
    queryFn: async ({ signal }): Promise<Curve[]> => {
      if (known.reduce((sum, c) => sum + c.points, 0) > MOST) return known
      const points = new Map(known.map((c) => [c.variant, { x: [] as number[], y: [] as number[] }]))
      const metric = { metric: known[0]?.metric, variants: known.map((c) => c.variant) }
      for (let scroll_id: string | undefined; ; ) {
        const page: RawPage = await call<RawPage>('events.scalar_metrics_iter_raw', { task: of, metric, key, batch_size: RAW, scroll_id, model_events: ofModel || undefined }, signal)
        if (!page.returned) break
        scroll_id = page.scroll_id
        for (const [variant, some] of Object.entries(page.variants)) {
          const curve = points.get(variant)
          for (const [i, x] of (some[key] ?? []).entries()) {
            curve?.x.push(x)
            curve?.y.push(some.y[i] ?? NaN)
          }
        }
      }
      return known.map(({ metric, variant }) => {
        const { x, y } = points.get(variant) ?? { x: [], y: [] }
        return { metric, variant, points: x.length, x, count: x.map(() => 1), mean: y, min: y, max: y }
      })
    },
  })

export interface Single {
  metric: string
  variant: string
  value: number
}

export const singles = (of: string, ofModel = false) =>
  queryOptions({
    queryKey: ['singles', of],
    queryFn: async ({ signal }) =>
      (await call<{ tasks: { values: Single[] }[] }>('events.get_task_single_value_metrics', { tasks: [of], model_events: ofModel || undefined }, signal)).tasks[0]
        ?.values ?? [],
  })

/** Iterations of a plot that the slider reaches back to. */
const PLOTS_BACK = 20

export const plots = (of: string, ofModel = false) =>
  queryOptions({
    queryKey: ['plots', of],
    queryFn: async ({ signal }) =>
      (
        await call<{ plots: Plot[] }>('events.get_task_plots', { task: of, iters: PLOTS_BACK, no_scroll: true, model_events: ofModel || undefined }, signal)
      ).plots,
  })

/** Iterations of one page of debug samples. */
const ITERATIONS = 10

interface Samples {
  scroll_id?: string
  metrics: { task: string; iterations: { iter: number; events: Sample[] }[] }[]
}

export const samples = (task: string, metric?: string) =>
  infiniteQueryOptions({
    queryKey: ['samples', task, metric],
    queryFn: ({ pageParam, signal }) =>
      call<Samples>('events.debug_images', { metrics: [{ task, metric }], iters: ITERATIONS, scroll_id: pageParam, navigate_earlier: true }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (last) => (last.metrics[0]?.iterations.length === ITERATIONS ? last.scroll_id : undefined),
  })

export const metricsOf = (task: string, event_type: 'training_debug_image' | 'plot') =>
  queryOptions({
    queryKey: ['task metrics', task, event_type],
    queryFn: async ({ signal }) =>
      (await call<{ metrics: { metrics: string[] }[] }>('events.get_task_metrics', { tasks: [task], event_type }, signal)).metrics[0]?.metrics ?? [],
  })
