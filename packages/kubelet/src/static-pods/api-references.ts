import type { Container, Pod, Volume, VolumeProjection } from '@tandem/api/core/v1/types'
import { allContainers } from '../lifecycle/pod-containers.ts'

/** Which objects of the API a pod refers to, in the words of a refusal: a static pod may refer to none. */
export function apiReference({ spec, ...pod }: Pod): string | undefined {
  if (spec.serviceAccountName) return 'serviceaccounts'
  const containers = [...allContainers({ spec, ...pod })].map(({ container }) => container)
  const volumes = spec.volumes ?? []
  if (spec.imagePullSecrets?.length || containers.some(({ env, envFrom }) => refersTo('secret', env, envFrom)))
    return 'secrets'
  if (containers.some(({ env, envFrom }) => refersTo('configMap', env, envFrom))) return 'configmaps'
  if (spec.resourceClaims?.length) return 'resourceclaims'
  for (const volume of volumes) {
    const found = volumeReference(volume)
    if (found) return found
  }
  return undefined
}

const refersTo = (kind: 'secret' | 'configMap', env: Container['env'], envFrom: Container['envFrom']): boolean =>
  (env ?? []).some(({ valueFrom }) => valueFrom?.[`${kind}KeyRef`]) ||
  (envFrom ?? []).some((source) => source[`${kind}Ref`])

function volumeReference(volume: Volume): string | undefined {
  if (volume.configMap) return 'configmaps (via configmap volumes)'
  if (volume.secret) return 'secrets (via secret volumes)'
  if (volume.csi) return 'csidrivers (via CSI volumes)'
  if (volume.persistentVolumeClaim) return 'persistentvolumeclaims'
  if (volume.ephemeral) return 'persistentvolumeclaims (via ephemeral volumes)'
  return (volume.projected?.sources ?? []).map(projectionReference).find((found) => found !== undefined)
}

function projectionReference(source: VolumeProjection): string | undefined {
  if (source.configMap) return 'configmaps (via projected volumes)'
  if (source.secret) return 'secrets (via projected volumes)'
  if (source.serviceAccountToken) return 'serviceaccounts (via projected volumes)'
  if (source.clusterTrustBundle) return 'clustertrustbundles'
  return source.podCertificate ? 'podcertificates' : undefined
}
