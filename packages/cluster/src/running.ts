import type { ClusterPlan } from './plan.ts'
import { readPid } from './supervisor/supervisor.ts'

/** Something of the cluster runs here that may write to what it stores. */
export const mayWrite = ({ directory }: ClusterPlan): boolean =>
  ['supervisor', 'apiserver'].some((name) => readPid(`${directory}/run`, name))
