import type { NodeInfo } from './node-info.ts'
import type { PodInfo } from './pod-info.ts'

/** A node where a pod would fit if some others went. */
export interface Candidate {
  node: NodeInfo
  victims: readonly PodInfo[]
  /** How many victims a disruption budget would rather keep. */
  violations: number
}

/** Higher priority first; among equals, who has run longer. */
export const byImportance = (a: PodInfo, b: PodInfo): number => b.priority - a.priority || startOf(a) - startOf(b)

const startOf = ({ pod }: PodInfo): number => Date.parse(pod.status?.startTime ?? '') || Number.MAX_SAFE_INTEGER

const highest = ({ victims }: Candidate): number => Math.max(...victims.map(({ priority }) => priority))
const sum = ({ victims }: Candidate): number => victims.reduce((total, { priority }) => total + priority + 2 ** 31, 0)
const earliest = (candidate: Candidate): number =>
  Math.min(...candidate.victims.filter(({ priority }) => priority === highest(candidate)).map(startOf))

/** The fewest broken budgets, then the lowest highest priority among victims, the lowest sum, the fewest, those that started last. */
const compareCandidates = (a: Candidate, b: Candidate): number =>
  a.violations - b.violations ||
  highest(a) - highest(b) ||
  sum(a) - sum(b) ||
  a.victims.length - b.victims.length ||
  earliest(b) - earliest(a)

/** Where preemption costs least. */
export const bestCandidate = (candidates: readonly Candidate[]): Candidate | undefined =>
  candidates.reduce<Candidate | undefined>((a, b) => (a && compareCandidates(a, b) <= 0 ? a : b), undefined)
