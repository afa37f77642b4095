import { isDeepStrictEqual } from 'node:util'
import { validate } from '@tandem/api/core/v1/pod/validation'
import type { Container, Pod } from '@tandem/api/core/v1/types'
import { type FieldError, forbiddenField } from '@tandem/apimachinery'
import { withRules } from './with-rules.ts'

/** `pods/ephemeralcontainers`: adds debug containers to a pod that runs; nothing else changes, and none goes. */
export const ephemeralContainers = withRules<Pod>({
  prepareForUpdate(pod, old) {
    const { ephemeralContainers } = pod.spec
    pod.spec = structuredClone(old.spec)
    if (ephemeralContainers) pod.spec.ephemeralContainers = ephemeralContainers
    keepStatus(pod, old)
  },
  validateUpdate: (pod, old) => [...validate(pod), ...keptEphemeral(pod, old)],
})

function keptEphemeral(pod: Pod, old: Pod): FieldError[] {
  const field = 'spec.ephemeralContainers'
  const now = new Map((pod.spec.ephemeralContainers ?? []).map((container) => [container.name, container]))
  return (old.spec.ephemeralContainers ?? []).flatMap((container) => {
    const kept = now.get(container.name)
    if (!kept)
      return [
        forbiddenField(field, `existing ephemeral containers ${JSON.stringify(container.name)} may not be removed\n`),
      ]
    return isDeepStrictEqual(kept, container)
      ? []
      : [forbiddenField(field, `existing ephemeral containers ${JSON.stringify(container.name)} may not be changed\n`)]
  })
}

/** `pods/resize`: changes what containers ask for and may use, while they run. */
export const resizePod = withRules<Pod>({
  prepareForUpdate(pod, old) {
    const wanted = pod.spec
    pod.spec = structuredClone(old.spec)
    takeResources(pod.spec.containers, wanted.containers)
    takeResources(pod.spec.initContainers ?? [], wanted.initContainers ?? [])
    keepStatus(pod, old)
  },
  validateUpdate: (pod) => validate(pod),
})

function takeResources(containers: Container[], wanted: readonly Container[]): void {
  for (const container of containers) {
    const change = wanted.find(({ name }) => name === container.name)
    if (!change) continue
    if (change.resources) container.resources = change.resources
    if (change.resizePolicy) container.resizePolicy = change.resizePolicy
  }
}

function keepStatus(pod: Pod, old: Pod): void {
  if (old.status) pod.status = old.status
  else delete pod.status
}
