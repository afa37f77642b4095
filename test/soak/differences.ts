import type { DaemonSet, Deployment, ReplicaSet, StatefulSet } from '@tandem/api/apps/v1/types'
import type { Job } from '@tandem/api/batch/v1/types'
import type { ConfigMap, Namespace, Node, Pod } from '@tandem/api/core/v1/types'
import { controllerOf, type KubernetesObject, parseQuantity, type QuantityLike } from '@tandem/apimachinery'
import type { Wanted } from './churn.ts'

/** All that a cluster has of what the churn touches. */
export interface Found {
  pods: readonly Pod[]
  replicaSets: readonly ReplicaSet[]
  deployments: readonly Deployment[]
  statefulSets: readonly StatefulSet[]
  daemonSets: readonly DaemonSet[]
  jobs: readonly Job[]
  configMaps: readonly ConfigMap[]
  namespaces: readonly Namespace[]
  nodes: readonly Node[]
}

/** In what a cluster differs from what is wanted of it, a line each: nothing may be missing, and nothing be left over. */
export function differences(wanted: readonly Wanted[], namespaces: readonly string[], found: Found): string[] {
  return [
    ...namespaceDifferences(namespaces, found),
    ...leftOver(found),
    ...missingAndExtra(wanted, found),
    ...wanted.flatMap((one) => podDifferences(one, found)),
    ...overcommitted(found),
  ]
}

const idOf = ({ metadata }: KubernetesObject): string => `${metadata.namespace}/${metadata.name}`

const workloadsOf = ({ deployments, statefulSets, daemonSets, jobs }: Found): KubernetesObject[] => [
  ...deployments,
  ...statefulSets,
  ...daemonSets,
  ...jobs,
]

function namespaceDifferences(namespaces: readonly string[], found: Found): string[] {
  const there = found.namespaces.map(({ metadata }) => metadata.name).filter((name) => name.startsWith('soak-'))
  return [
    ...there.filter((name) => !namespaces.includes(name)).map((name) => `namespace ${name} is still there`),
    ...namespaces.filter((name) => !there.includes(name)).map((name) => `namespace ${name} is gone`),
  ]
}

/** What is being deleted and does not go, and what has lost its owner. */
function leftOver(found: Found): string[] {
  const all = [...found.pods, ...found.replicaSets, ...found.configMaps, ...workloadsOf(found)]
  const uids = new Set(all.map(({ metadata }) => metadata.uid))
  return all.flatMap((object) => [
    ...(object.metadata.deletionTimestamp
      ? [`${idOf(object)} is being deleted, held by ${object.metadata.finalizers?.join() || 'nothing'}`]
      : []),
    ...(object.metadata.ownerReferences ?? [])
      .filter(({ uid }) => !uids.has(uid))
      .map(({ kind, name }) => `${idOf(object)} outlived its ${kind} ${name}`),
  ])
}

function missingAndExtra(wanted: readonly Wanted[], found: Found): string[] {
  const there = new Set(workloadsOf(found).map(idOf))
  const expected = new Set(wanted.map(({ namespace, name }) => `${namespace}/${name}`))
  return [
    ...[...expected].filter((id) => !there.has(id)).map((id) => `${id} is missing`),
    ...[...there].filter((id) => !expected.has(id)).map((id) => `${id} is not wanted`),
  ]
}

function podDifferences(wanted: Wanted, found: Found): string[] {
  const { kind, namespace, name, size, version } = wanted
  const own = found.pods.filter(({ metadata }) => metadata.namespace === namespace && metadata.labels?.app === name)
  const say = (text: string): string => `${kind} ${namespace}/${name}: ${text}`
  if (kind === 'Job') {
    const job = found.jobs.find((job) => idOf(job) === `${namespace}/${name}`)
    const done = own.filter(({ status }) => status?.phase === 'Succeeded').length
    const complete = job?.status?.conditions?.some(({ type, status }) => type === 'Complete' && status === 'True')
    return [
      ...(complete && job?.status?.succeeded === size
        ? []
        : [say(`not complete: ${job?.status?.succeeded} of ${size}`)]),
      ...(done === size && own.length === size ? [] : [say(`${own.length} pods, ${done} succeeded, wanted ${size}`)]),
    ]
  }
  const nodeNames = found.nodes.map(({ metadata }) => metadata.name)
  const expected = kind === 'DaemonSet' ? nodeNames.length : size
  const ready = own.filter(isReady).length
  const old = own.filter(({ metadata }) => metadata.labels?.version !== String(version)).length
  const places = new Set(own.map(({ spec }) => spec.nodeName))
  const ordinals = own.map(({ metadata }) => metadata.name).sort()
  const names = Array.from({ length: size }, (_, ordinal) => `${name}-${ordinal}`).sort()
  return [
    ...(own.length === expected && ready === expected
      ? []
      : [say(`${own.length} pods, ${ready} ready, wanted ${expected}`)]),
    ...(old > 0 ? [say(`${old} pods of an old template`)] : []),
    ...(kind === 'DaemonSet' && places.size !== expected ? [say(`on ${places.size} of ${expected} nodes`)] : []),
    ...(kind === 'StatefulSet' && String(ordinals) !== String(names) ? [say(`has ${ordinals}`)] : []),
    ...own.filter((pod) => !controllerOf(pod)).map((pod) => say(`${idOf(pod)} is nobody's`)),
  ]
}

const isReady = ({ status }: Pod): boolean =>
  status?.phase === 'Running' && (status.conditions ?? []).some((one) => one.type === 'Ready' && one.status === 'True')

const nanos = (quantity: QuantityLike = '0'): bigint => parseQuantity(String(quantity)).nanos

/** No node holds more than it has. */
function overcommitted({ pods, nodes }: Found): string[] {
  return nodes.flatMap(({ metadata, status }) => {
    const running = pods.filter(
      (pod) => pod.spec.nodeName === metadata.name && !/Succeeded|Failed/.test(`${pod.status?.phase}`),
    )
    const asked = running
      .flatMap(({ spec }) => spec.containers)
      .reduce((sum, { resources }) => sum + nanos(resources?.requests?.cpu), 0n)
    const has = nanos(status?.allocatable?.cpu)
    return asked > has ? [`node ${metadata.name} has ${has}n of processors, and ${asked}n were asked of it`] : []
  })
}
