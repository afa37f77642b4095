import type { PodSpec } from '../types.ts'

/**
 * Drops what Kubernetes 1.36 has behind gates that are off (ContainerStopSignals, GenericWorkload,
 * ClusterTrustBundleProjection, PodCertificateRequest): it is not refused, but not kept either.
 */
export function dropDisabledFields(spec: PodSpec | undefined): void {
  if (!spec) return
  delete spec.schedulingGroup
  for (const list of ['initContainers', 'containers', 'ephemeralContainers'] as const)
    for (const { lifecycle } of spec[list] ?? []) delete lifecycle?.stopSignal
  for (const { projected } of spec.volumes ?? [])
    for (const source of projected?.sources ?? []) {
      delete source.clusterTrustBundle
      delete source.podCertificate
    }
}
