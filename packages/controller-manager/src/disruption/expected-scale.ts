import { deployments } from '@tandem/api/apps/v1/deployment'
import { replicaSets } from '@tandem/api/apps/v1/replicaset'
import { statefulSets } from '@tandem/api/apps/v1/statefulset'
import { replicationControllers } from '@tandem/api/core/v1/replicationcontroller'
import type { Pod } from '@tandem/api/core/v1/types'
import {
  controllerOf,
  isNotFound,
  type KubernetesObject,
  type OwnerReference,
  parseApiVersion,
  type ResourceDefinition,
} from '@tandem/apimachinery'
import type { ControllerContext } from '@tandem/controller-runtime'
import { discover } from '../discovery.ts'

export interface ExpectedScale {
  /** The sum of what all controllers of the pods want. */
  scale: number
  /** Pods of nobody. */
  unmanaged: readonly string[]
}

interface Scaled {
  uid: string
  replicas: number
}

export async function expectedScale(pods: readonly Pod[], context: ControllerContext): Promise<ExpectedScale> {
  const scales = new Map<string, number>()
  const known = new Set<string>()
  const unmanaged: string[] = []
  for (const pod of pods) {
    const owner = controllerOf(pod)
    if (!owner) {
      unmanaged.push(pod.metadata.name)
      continue
    }
    if (known.has(owner.uid)) continue
    known.add(owner.uid)
    const found = await scaleOf(owner, pod.metadata.namespace, context)
    if (!found) throw new Error(`found no controllers for pod "${pod.metadata.name}"`)
    scales.set(found.uid, found.replicas)
  }
  return { scale: [...scales.values()].reduce((sum, replicas) => sum + replicas, 0), unmanaged }
}

type Workload = KubernetesObject & { spec: { replicas?: number } }

const workloads = [
  replicaSets,
  statefulSets,
  replicationControllers,
  deployments,
] as unknown as readonly ResourceDefinition<Workload>[]

async function scaleOf(
  owner: OwnerReference,
  namespace: string | undefined,
  context: ControllerContext,
): Promise<Scaled | undefined> {
  const { group } = parseApiVersion(owner.apiVersion)
  const definition = workloads.find((known) => known.kind === owner.kind && known.group === group)
  if (!definition) return askScale(owner, namespace, context)
  const workload = context.informer(definition).get({ namespace, name: owner.name })
  if (!workload || workload.metadata.uid !== owner.uid) return undefined
  // A ReplicaSet is one of several that its deployment has at a time.
  const above = definition.kind === 'ReplicaSet' ? controllerOf(workload) : undefined
  if (above?.kind === 'Deployment') return scaleOf(above, namespace, context)
  return { uid: workload.metadata.uid, replicas: workload.spec.replicas ?? 1 }
}

interface Scale {
  metadata: { uid?: string }
  spec?: { replicas?: number }
}

/** Of a kind that is not known here. */
async function askScale(
  { apiVersion, kind, name, uid }: OwnerReference,
  namespace: string | undefined,
  { client }: ControllerContext,
): Promise<Scaled | undefined> {
  const { group } = parseApiVersion(apiVersion)
  const { resources } = await discover(client)
  const found = resources.find(({ definition }) => definition.kind === kind && definition.group === group)
  if (!found) throw new Error(`no matches for kind "${kind}" in group "${group}"`)
  const { version, plural } = found.definition
  const root = group ? `/apis/${group}/${version}` : `/api/${version}`
  try {
    const scale = await client.request<Scale>({ path: `${root}/namespaces/${namespace}/${plural}/${name}/scale` })
    return scale.metadata.uid === uid ? { uid, replicas: scale.spec?.replicas ?? 0 } : undefined
  } catch (error) {
    if (!isNotFound(error)) throw error
    throw new Error(`${plural}${group && `.${group}`} does not implement the scale subresource`, { cause: error })
  }
}
