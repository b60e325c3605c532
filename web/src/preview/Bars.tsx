import { value } from '../lib/format'
import { toNumber, type Histogram } from './types'

/** A histogram without axes: its ends stand below it. */
export function Bars({ histogram, height = 28, plain }: { histogram: Histogram; height?: number; plain?: boolean }) {
  const most = Math.max(...histogram.counts, 1)
  const n = histogram.counts.length
  const from = toNumber(histogram.from)
  const to = toNumber(histogram.to)
  return (
    <>
      <svg className="pvbars" viewBox={`0 0 ${n * 4} ${height}`} height={height} preserveAspectRatio="none" role="img" aria-label={`Histogram from ${value(from)} to ${value(to)}`}>
        {histogram.counts.map((c, i) => {
          const h = c === 0 ? 0 : Math.max((c / most) * height, 1)
          return <rect key={i} x={i * 4} width={3.4} y={height - h} height={h} />
        })}
      </svg>
      {!plain && (
        <span className="pvends third">
          <span>{value(from)}</span>
          <span>{value(to)}</span>
        </span>
      )}
    </>
  )
}
