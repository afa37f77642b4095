import type { Node, Pod } from '@tandem/api/core/v1/types'
import { isCriticalPod } from './critical-pod.ts'
import { type AdmissionInput, criticalAdmission, nodeAdmission, type Refusal } from './node-admission.ts'
import type { PodEvents } from './pod-events.ts'

export interface AdmissionOptions {
  /** Undefined before the node is known: then nothing speaks against a pod. */
  node(): Node | undefined
  allocatable(): Readonly<Record<string, string>>
  /** Pods that have what they asked for. */
  pods(): readonly Pod[]
  allowedSysctls: readonly string[]
  isEnding(pod: Pod): boolean
  preempt(pod: Pod, end: { reason: string; message: string; disruption: { message: string } }): void
  events: PodEvents
  onPreemption(resource: string): void
}

const reason = 'Preempting'
const message = 'Preempted in order to admit critical pod'
const disruption = { message: 'Pod was preempted by Kubelet to accommodate a critical pod.' }

/** Whether the node takes a pod, ending others for one that it cannot do without. */
export class Admission {
  readonly #options: AdmissionOptions

  constructor(options: AdmissionOptions) {
    this.#options = options
  }

  refusal(pod: Pod): Refusal | undefined {
    const input = this.#input(pod)
    return input && nodeAdmission(input)
  }

  admit(pod: Pod): Refusal | 'waiting' | undefined {
    const { isEnding, preempt, events, onPreemption } = this.#options
    const input = this.#input(pod)
    if (!input || !isCriticalPod(pod)) return input && nodeAdmission(input)
    const verdict = criticalAdmission({ ...input, isEnding })
    if (!verdict || !('preempts' in verdict)) return verdict
    for (const victim of verdict.preempts) {
      events.record(victim, { type: 'Warning', reason, message })
      preempt(victim, { reason, message, disruption })
      onPreemption(verdict.resource)
    }
    return 'waiting'
  }

  #input(pod: Pod): AdmissionInput | undefined {
    const { node, allocatable, pods, allowedSysctls } = this.#options
    const found = node()
    const others = pods().filter(({ metadata }) => metadata.uid !== pod.metadata.uid)
    return found && { pod, node: found, allocatable: allocatable(), others, allowedSysctls }
  }
}
