import { isDeepStrictEqual } from 'node:util'
import type { Pod, PodSpec } from '@tandem/api/core/v1/types'
import { runtimeClasses } from '@tandem/api/node/v1/runtimeclass'
import type { RuntimeClass } from '@tandem/api/node/v1/types'
import { type AdmissionPlugin, type AdmissionRequest, objectOf } from './admission.ts'
import { admissionForbidden } from './forbidden.ts'
import { lookUp, type PluginContext } from './plugin-context.ts'

/** Writes into a pod what its runtime class costs and where it can run. */
export const runtimeClass = (context: PluginContext): AdmissionPlugin => ({
  name: 'RuntimeClass',
  resources: ['/pods'],
  operations: ['CREATE'],
  async admit(request) {
    if (request.subresource !== '') return
    const { spec } = objectOf<Pod>(request)
    const { runtimeClassName: name } = spec
    if (!name) {
      if (spec.overhead)
        throw admissionForbidden(
          request,
          'pod rejected: Pod Overhead set without corresponding RuntimeClass defined Overhead',
        )
      return
    }
    const found = await lookUp(context, runtimeClasses, { name })
    if (!found) throw admissionForbidden(request, `pod rejected: RuntimeClass ${JSON.stringify(name)} not found`)
    setOverhead(request, spec, found)
    setScheduling(request, spec, found)
  },
})

function setOverhead(request: AdmissionRequest, spec: PodSpec, { overhead }: RuntimeClass): void {
  const fixed = overhead?.podFixed
  if (spec.overhead && !isDeepStrictEqual(spec.overhead, fixed ?? {}))
    throw admissionForbidden(request, "pod rejected: Pod's Overhead doesn't match RuntimeClass's defined Overhead")
  if (fixed) spec.overhead = { ...fixed }
}

function setScheduling(request: AdmissionRequest, spec: PodSpec, { scheduling }: RuntimeClass): void {
  if (!scheduling) return
  for (const [key, value] of Object.entries(scheduling.nodeSelector ?? {})) {
    const own = spec.nodeSelector?.[key]
    if (own !== undefined && own !== value)
      throw admissionForbidden(
        request,
        `conflict: runtimeClass.scheduling.nodeSelector[${key}] = ${value}; pod.spec.nodeSelector[${key}] = ${own}`,
      )
    spec.nodeSelector = { ...spec.nodeSelector, [key]: value }
  }
  const missing = (scheduling.tolerations ?? []).filter(
    (wanted) => !spec.tolerations?.some((own) => isDeepStrictEqual(own, wanted)),
  )
  if (missing.length > 0) spec.tolerations = [...(spec.tolerations ?? []), ...missing]
}
