import type { Model } from '../../api/types'
import { Plots } from '../task/Plots'
import { Scalars } from '../task/Scalars'

/** What was reported for a model, as for tasks. */
export const ModelScalars = ({ model }: { model: Model }) => <Scalars task={model} ofModel />
export const ModelPlots = ({ model }: { model: Model }) => <Plots task={model} ofModel />
