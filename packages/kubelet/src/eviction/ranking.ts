import { podRequests } from '@tandem/api/core/v1/pod-resources'
import type { Pod } from '@tandem/api/core/v1/types'
import { quantityValue } from '@tandem/apimachinery'
import { type DiskPart, diskUseOf, type PodUse, type PodUses } from './pod-use.ts'
import { type Signal, signalMeanings } from './signals.ts'

type Compare = (a: Pod, b: Pod) => number

/** How much of something a pod uses, and how much it asked for. */
interface Measure {
  use(use: PodUse, pod: Pod): number
  request(pod: Pod): number
}

/**
 * Which pod is evicted first when a signal is low. First those that use more than they asked for, then those of lower priority,
 * then those that are the furthest over their request. Of processes there is no request: there it is priority, then number.
 */
export function rankForEviction(
  pods: readonly Pod[],
  { signal, uses, dedicatedImageFs }: { signal: Signal; uses: PodUses; dedicatedImageFs: boolean },
): Pod[] {
  const { resource } = signalMeanings[signal]
  const parts = partsOn(signal, dedicatedImageFs)
  if (resource === 'pids') return sorted(pods, [byPriority, byUse(uses, processes)])
  const measure = resource === 'memory' ? memory : resource === 'inodes' ? inodes(parts) : disk(parts)
  return sorted(pods, [byExcess(uses, measure), byPriority, byUse(uses, measure)])
}

const processes: Measure = { use: ({ processes }) => processes, request: () => 0 }
const memory: Measure = { use: ({ memoryBytes }) => memoryBytes, request: requestOf('memory') }
const disk = (parts: readonly DiskPart[]): Measure => ({
  use: (use, pod) => diskUseOf(use, pod, parts).bytes,
  request: requestOf('ephemeral-storage'),
})
const inodes = (parts: readonly DiskPart[]): Measure => ({
  use: (use, pod) => diskUseOf(use, pod, parts).inodes,
  request: () => 0,
})

function requestOf(resource: string): (pod: Pod) => number {
  return (pod) => quantityValue(podRequests(pod).get(resource) ?? '0')
}

/** Where images have a disk of their own, so have the containers' writable layers. */
export function partsOn(signal: Signal, dedicatedImageFs: boolean): DiskPart[] {
  if (!dedicatedImageFs) return ['writableLayers', 'logs', 'volumes']
  return signal.startsWith('nodefs.') ? ['logs', 'volumes'] : ['writableLayers']
}

const sorted = (pods: readonly Pod[], orders: readonly Compare[]): Pod[] =>
  pods.toSorted((a, b) => {
    for (const order of orders) {
      const result = order(a, b)
      if (result !== 0) return result
    }
    return 0
  })

const first = (a: boolean, b: boolean): number => Number(b) - Number(a)

const byPriority: Compare = (a, b) => (a.spec.priority ?? 0) - (b.spec.priority ?? 0)

/** A pod of which nothing is known goes before those of which something is. */
const known =
  (uses: PodUses, compare: (a: [PodUse, Pod], b: [PodUse, Pod]) => number): Compare =>
  (a, b) => {
    const [useOfA, useOfB] = [uses.get(a.metadata.uid), uses.get(b.metadata.uid)]
    return useOfA && useOfB ? compare([useOfA, a], [useOfB, b]) : first(!useOfA, !useOfB)
  }

const byExcess = (uses: PodUses, { use, request }: Measure): Compare =>
  known(uses, (a, b) => first(use(...a) > request(a[1]), use(...b) > request(b[1])))

const byUse = (uses: PodUses, { use, request }: Measure): Compare =>
  known(uses, (a, b) => use(...b) - request(b[1]) - (use(...a) - request(a[1])))
