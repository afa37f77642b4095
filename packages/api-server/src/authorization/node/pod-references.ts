import type { Container, Pod, Volume } from '@tandem/api/core/v1/types'
import type { Vertex } from './graph.ts'

export type ReferencingPod = Pick<Pod, 'metadata' | 'spec' | 'status'>

type Runnable = Pick<Container, 'env' | 'envFrom'>

/** The secrets, config maps, claims and service account that a pod's node must be able to read to run it. */
export function podReferences({ metadata, spec, status }: ReferencingPod): Vertex[] {
  const namespace = metadata.namespace ?? ''
  if (!spec) return []
  const named = (type: Vertex['type'], name: string | undefined): Vertex[] => (name ? [{ type, namespace, name }] : [])
  const containers: Runnable[] = [
    ...(spec.initContainers ?? []),
    ...(spec.containers ?? []),
    ...(spec.ephemeralContainers ?? []),
  ]
  return [
    ...named('serviceaccount', spec.serviceAccountName),
    ...(spec.imagePullSecrets ?? []).flatMap(({ name }) => named('secret', name)),
    ...containers.flatMap((container) => containerReferences(container, named)),
    ...(spec.volumes ?? []).flatMap((volume) => volumeReferences(volume, metadata.name, named)),
    // Claims of its own are named by its status once they are made.
    ...(spec.resourceClaims ?? []).flatMap(({ name, resourceClaimName }) => {
      const made = status?.resourceClaimStatuses?.find((each) => each.name === name)
      return named('resourceclaim', resourceClaimName ?? made?.resourceClaimName)
    }),
  ]
}

type Named = (type: Vertex['type'], name: string | undefined) => Vertex[]

function containerReferences({ env = [], envFrom = [] }: Runnable, named: Named): Vertex[] {
  return [
    ...envFrom.flatMap(({ secretRef, configMapRef }) => [
      ...named('secret', secretRef?.name),
      ...named('configmap', configMapRef?.name),
    ]),
    ...env.flatMap(({ valueFrom }) => [
      ...named('secret', valueFrom?.secretKeyRef?.name),
      ...named('configmap', valueFrom?.configMapKeyRef?.name),
    ]),
  ]
}

function volumeReferences(volume: Volume, podName: string, named: Named): Vertex[] {
  return [
    ...named('secret', volume.secret?.secretName),
    ...named('configmap', volume.configMap?.name),
    ...named('pvc', volume.persistentVolumeClaim?.claimName),
    ...named('pvc', volume.ephemeral ? `${podName}-${volume.name}` : undefined),
    ...named('secret', volume.csi?.nodePublishSecretRef?.name),
    ...(volume.projected?.sources ?? []).flatMap(({ secret, configMap }) => [
      ...named('secret', secret?.name),
      ...named('configmap', configMap?.name),
    ]),
  ]
}
