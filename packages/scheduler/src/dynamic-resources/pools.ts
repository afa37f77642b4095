import { matchNodeSelector } from '@tandem/api/core/v1/node-affinity'
import type { Node, NodeSelector } from '@tandem/api/core/v1/types'
import type { CounterSet, Device, ResourceSlice } from '@tandem/api/resource/v1/types'

/** Slices as they are published. */
export interface SliceSource {
  /** Those of the node alone, and those that are not for one node only. */
  forNode(name: string): readonly ResourceSlice[]
  ofPool(driver: string, pool: string): readonly ResourceSlice[]
}

/** Devices of one driver that belong together, as one node sees them. */
export interface Pool {
  driver: string
  name: string
  /** `incomplete`: a driver is publishing it. `invalid`: what was published contradicts itself. Devices are taken from neither. */
  state: 'usable' | 'incomplete' | 'invalid'
  /** Slices whose devices may be for the node. */
  slices: readonly ResourceSlice[]
  /** The others, with devices that consume the same counters elsewhere. */
  otherSlices: readonly ResourceSlice[]
  counterSets: ReadonlyMap<string, CounterSet>
}

/** Which nodes a slice, or a device of it, is for. */
interface NodeChoice {
  nodeName?: string
  nodeSelector?: NodeSelector
  allNodes?: boolean
}

export const isForNode = ({ nodeName, nodeSelector, allNodes }: NodeChoice, node: Node): boolean => {
  if (nodeName) return nodeName === node.metadata.name
  return allNodes === true || (nodeSelector !== undefined && matchNodeSelector(nodeSelector, node))
}

const hasCounters = ({ spec }: ResourceSlice): boolean => (spec.sharedCounters ?? []).length > 0

/** Counters count for a whole pool, wherever its devices are. */
function isRelevant(slice: ResourceSlice, node: Node): boolean {
  if (hasCounters(slice)) return true
  const { spec } = slice
  return spec.perDeviceNodeSelection
    ? (spec.devices ?? []).some((device) => isForNode(device, node))
    : isForNode(spec, node)
}

export const poolKey = (driver: string, pool: string): string => `${driver}/${pool}`

/** Pools with devices for the node, in the order in which they are tried: devices that have to be waited for come last. */
export function gatherPools(node: Node, source: SliceSource): Pool[] {
  const relevant = source.forNode(node.metadata.name).filter((slice) => isRelevant(slice, node))
  const byPool = Map.groupBy(relevant, ({ spec }) => poolKey(spec.driver, spec.pool.name))
  const pools = [...byPool.values()].flatMap((slices) => poolOf(slices, source) ?? [])
  return pools.sort(
    (a, b) =>
      Number(hasBindingConditions(a)) - Number(hasBindingConditions(b)) ||
      compare(a.driver, b.driver) ||
      compare(a.name, b.name),
  )
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const hasBindingConditions = ({ slices }: Pool): boolean =>
  slices.some(({ spec }) => (spec.devices ?? []).some(({ bindingConditions }) => bindingConditions !== undefined))

/** Undefined where all that the node sees was replaced by a newer generation. */
function poolOf(relevant: readonly ResourceSlice[], source: SliceSource): Pool | undefined {
  const generation = Math.max(...relevant.map(({ spec }) => spec.pool.generation))
  const slices = relevant.filter(({ spec }) => spec.pool.generation === generation)
  const [first] = slices
  if (!first) return undefined
  const { driver, pool } = first.spec
  const common = { driver, name: pool.name, slices: [], otherSlices: [], counterSets: new Map() }
  const all = source.ofPool(driver, pool.name)
  if (all.some(({ spec }) => spec.pool.generation > generation)) return undefined
  const current = all.filter(({ spec }) => spec.pool.generation === generation)
  if (current.length !== pool.resourceSliceCount) return { ...common, state: 'incomplete' }

  const withDevices = slices
    .filter((slice) => !hasCounters(slice))
    .sort((a, b) => compare(a.metadata.name, b.metadata.name))
  const otherSlices = current.filter((slice) => !slices.includes(slice))
  const counterSets = new Map<string, CounterSet>()
  const sets = slices.flatMap(({ spec }) => spec.sharedCounters ?? [])
  for (const set of sets) counterSets.set(set.name, set)
  const names = withDevices.flatMap(devicesOf).map(({ name }) => name)
  const isValid =
    new Set(names).size === names.length &&
    counterSets.size === sets.length &&
    [...withDevices, ...otherSlices].flatMap(devicesOf).every((device) => consumesWhatIs(device, counterSets))
  return isValid
    ? { ...common, state: 'usable', slices: withDevices, otherSlices, counterSets }
    : { ...common, state: 'invalid' }
}

export const devicesOf = ({ spec }: ResourceSlice): readonly Device[] => spec.devices ?? []

const consumesWhatIs = ({ consumesCounters = [] }: Device, sets: ReadonlyMap<string, CounterSet>): boolean =>
  consumesCounters.every(({ counterSet, counters }) => {
    const known = sets.get(counterSet)?.counters
    return known !== undefined && Object.keys(counters).every((name) => name in known)
  })
