import { UsageError } from '@tandem/component-base/flags/index'
import { fieldsOf, intIn, listOf, oneOf, text } from '../config/reading.ts'
import { maxNodeScore } from './plugin.ts'

/** A resource that a score looks at, and how much it counts. */
export interface ScoredResource {
  name: string
  weight: number
}

export const cpuAndMemory: readonly ScoredResource[] = [
  { name: 'cpu', weight: 1 },
  { name: 'memory', weight: 1 },
]

/** How good it is that so much of one resource would be requested, of what the node has: 0 to 100. */
export interface ScoringStrategy {
  resources: readonly ScoredResource[]
  scoreOf(requested: number, capacity: number): number
  /** A score of 0 does not count in the mean. */
  skipsZero: boolean
}

const leastAllocated = (requested: number, capacity: number): number =>
  requested > capacity ? 0 : Math.floor(((capacity - requested) * maxNodeScore) / capacity)

const mostAllocated = (requested: number, capacity: number): number =>
  Math.floor((Math.min(requested, capacity) * maxNodeScore) / capacity)

interface ShapePoint {
  utilization: number
  score: number
}

/** Straight lines from point to point, level before the first and after the last. */
export function brokenLine(points: readonly ShapePoint[]): (utilization: number) => number {
  return (utilization) => {
    const next = points.findIndex((point) => utilization <= point.utilization)
    const after = points[next]
    if (!after) return points.at(-1)?.score ?? 0
    const before = points[next - 1]
    if (!before) return after.score
    const slope = (after.score - before.score) / (after.utilization - before.utilization)
    return before.score + Math.trunc(slope * (utilization - before.utilization))
  }
}

function requestedToCapacityRatio(shape: readonly ShapePoint[]): ScoringStrategy['scoreOf'] {
  const line = brokenLine(shape)
  return (requested, capacity) => line(requested > capacity ? 100 : Math.trunc((requested * 100) / capacity))
}

export const defaultStrategy: ScoringStrategy = {
  resources: cpuAndMemory,
  scoreOf: leastAllocated,
  skipsZero: false,
}

export function readStrategy(value: unknown, path: string): ScoringStrategy {
  const fields = fieldsOf(value, path, ['type', 'resources', 'requestedToCapacityRatio'])
  const types = ['LeastAllocated', 'MostAllocated', 'RequestedToCapacityRatio'] as const
  const type = fields.type === undefined ? 'LeastAllocated' : oneOf(fields.type, `${path}.type`, types)
  const resources = readResources(fields.resources, `${path}.resources`)
  const ratio = `${path}.requestedToCapacityRatio`
  if (type !== 'RequestedToCapacityRatio') {
    if (fields.requestedToCapacityRatio !== undefined)
      throw new UsageError(`${ratio}: Forbidden: must be nil when type is not RequestedToCapacityRatio`)
    return { resources, scoreOf: type === 'MostAllocated' ? mostAllocated : leastAllocated, skipsZero: false }
  }
  if (fields.requestedToCapacityRatio === undefined)
    throw new UsageError(`${ratio}: Required value: must be specified when type is RequestedToCapacityRatio`)
  const { shape } = fieldsOf(fields.requestedToCapacityRatio, ratio, ['shape'])
  return { resources, scoreOf: requestedToCapacityRatio(readShape(shape, `${ratio}.shape`)), skipsZero: true }
}

/** Without any, CPU and memory. A weight of 0 is one that was not given. */
export function readResources(value: unknown, path: string): readonly ScoredResource[] {
  const resources = listOf(value, path).map((entry, index) => {
    const own = `${path}[${index}]`
    const { name, weight } = fieldsOf(entry, own, ['name', 'weight'])
    const given = weight === undefined || weight === 0 ? 1 : weight
    return { name: text(name, `${own}.name`), weight: intIn(given, { path: `${own}.weight`, min: 1, max: 100 }) }
  })
  return resources.length === 0 ? cpuAndMemory : resources
}

/** Scores of the configuration go to 10, those of nodes to 100. */
function readShape(value: unknown, path: string): ShapePoint[] {
  const shape = listOf(value, path).map((entry, index) => {
    const own = `${path}[${index}]`
    const { utilization, score } = fieldsOf(entry, own, ['utilization', 'score'])
    return {
      utilization: intIn(utilization, { path: `${own}.utilization`, min: 0, max: 100 }),
      score: intIn(score, { path: `${own}.score`, min: 0, max: 10 }) * (maxNodeScore / 10),
    }
  })
  if (shape.length === 0) throw new UsageError(`${path}: Required value: at least one point must be specified`)
  for (const [index, point] of shape.entries())
    if (point.utilization <= (shape[index - 1]?.utilization ?? -1))
      throw new UsageError(
        `${path}[${index}].utilization: Invalid value: ${point.utilization}: values must be sorted in increasing order`,
      )
  return shape
}
