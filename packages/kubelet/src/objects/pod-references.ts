import type { Pod, Volume } from '@tandem/api/core/v1/types'
import { allContainers } from '../lifecycle/pod-containers.ts'

export interface PodReferences {
  /** Keys `namespace/name`. */
  configMaps: ReadonlySet<string>
  secrets: ReadonlySet<string>
}

/** The ConfigMaps and Secrets that a pod's volumes, environments and image pulls refer to. */
export function podReferences(pod: Pod): PodReferences {
  const configMaps = new Set<string>()
  const secrets = new Set<string>()
  const add = (set: Set<string>, name: string | undefined): void => {
    if (name) set.add(`${pod.metadata.namespace}/${name}`)
  }
  for (const { name } of pod.spec.imagePullSecrets ?? []) add(secrets, name)
  for (const { container } of allContainers(pod)) {
    for (const { configMapRef, secretRef } of container.envFrom ?? []) {
      add(configMaps, configMapRef?.name)
      add(secrets, secretRef?.name)
    }
    for (const { valueFrom } of container.env ?? []) {
      add(configMaps, valueFrom?.configMapKeyRef?.name)
      add(secrets, valueFrom?.secretKeyRef?.name)
    }
  }
  for (const volume of pod.spec.volumes ?? []) {
    for (const name of volumeConfigMaps(volume)) add(configMaps, name)
    for (const name of volumeSecrets(volume)) add(secrets, name)
  }
  return { configMaps, secrets }
}

const volumeConfigMaps = ({ configMap, projected }: Volume): (string | undefined)[] => [
  configMap?.name,
  ...(projected?.sources ?? []).map((source) => source.configMap?.name),
]

const volumeSecrets = ({ secret, projected }: Volume): (string | undefined)[] => [
  secret?.secretName,
  ...(projected?.sources ?? []).map((source) => source.secret?.name),
]
