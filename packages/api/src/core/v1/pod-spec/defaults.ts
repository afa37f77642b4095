import { roundResourceList } from '../resource-list.ts'
import type { PodSpec } from '../types.ts'
import { defaultContainer } from './container-defaults.ts'
import { defaultVolume } from './volume-defaults.ts'

/** What pods and pod templates share; what only pods get is beside the pod. */
export function defaultPodSpec(spec: PodSpec): void {
  spec.dnsPolicy ||= 'ClusterFirst'
  spec.restartPolicy ||= 'Always'
  spec.securityContext ??= {}
  spec.terminationGracePeriodSeconds ??= 30
  spec.schedulerName ||= 'default-scheduler'
  defaultServiceAccount(spec)
  for (const volume of spec.volumes ?? []) defaultVolume(volume)
  for (const container of spec.initContainers ?? []) defaultContainer(container)
  for (const container of spec.containers ?? []) defaultContainer(container)
  for (const container of spec.ephemeralContainers ?? []) defaultContainer(container)
  roundResourceList(spec.overhead)
  roundResourceList(spec.resources?.limits)
  roundResourceList(spec.resources?.requests)
}

/**
 * `serviceAccount` is the old name of `serviceAccountName`, and goes with it. A name that is not there is not set and taken away again:
 * deleting turns the whole spec into a hash table, which costs more than anything else here.
 */
function defaultServiceAccount(spec: PodSpec): void {
  const name = spec.serviceAccountName || spec.serviceAccount
  if (name) {
    spec.serviceAccountName = name
    spec.serviceAccount = name
  } else if (spec.serviceAccountName === '') delete spec.serviceAccountName
}
