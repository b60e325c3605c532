import { Modal } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { rawCurves } from '../../api/events'
import type { Curve } from '../../api/types'
import type { Smoothing } from '../../lib/smooth'
import { Failed } from '../../ui/Parts'
import { Chart, type Axis } from './Chart'

interface Props {
  of: string // the id of a task or model
  ofModel?: boolean
  title: string
  curves: Curve[] // of one metric; shown until all points are here
  axis: Axis
  smoothing: Smoothing
  log: boolean
  close: () => void
}

/** Curves on the whole screen, with each point that was reported. */
export function FullChart({ of, ofModel, title, curves, close, ...look }: Props) {
  const found = useQuery(rawCurves(of, curves, look.axis === 'iter' ? 'iter' : 'timestamp', ofModel))
  return (
    <Modal opened onClose={close} fullScreen title={title} closeButtonProps={{ 'aria-label': 'Close' }}>
      {found.error && <Failed error={found.error} retry={() => found.refetch()} what="All points" />}
      <Chart title={`${title}, all points`} curves={found.data ?? curves} height={Math.max(240, innerHeight - 200)} {...look} />
    </Modal>
  )
}
