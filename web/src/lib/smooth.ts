/** Smoothing of curves. Gaps stay gaps. */

export interface Smoothing {
  how: 'none' | 'ema' | 'gauss' | 'mean'
  amount: number // 0 to 1
}

/** Values on each side that a window has at most. */
const WIDEST = 50

/**
 * An exponential moving average with its weights made up for at the beginning, a Gaussian window, or a running mean:
 * what people know from other tools for training.
 */
export function smooth(xs: number[], ys: (number | null)[], { how, amount }: Smoothing): (number | null)[] {
  if (how === 'none' || amount <= 0 || xs.length === 0) return ys
  if (how === 'ema') {
    let last = 0
    let weight = 0
    return ys.map((y) => {
      if (y === null) return null
      last = last * amount + y * (1 - amount)
      weight = weight * amount + (1 - amount)
      return last / weight
    })
  }
  const side = Math.max(1, Math.round(amount * WIDEST))
  return ys.map((y, i) => {
    if (y === null) return null
    let sum = 0
    let weights = 0
    for (let k = Math.max(0, i - side); k <= Math.min(ys.length - 1, i + side); k++) {
      const other = ys[k]
      if (other === null || other === undefined) continue
      const w = how === 'mean' ? 1 : Math.exp(-((k - i) ** 2) / (2 * (side / 2) ** 2))
      sum += w * other
      weights += w
    }
    return sum / weights
  })
}
