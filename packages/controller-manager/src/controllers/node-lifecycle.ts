import { leases } from '@tandem/api/coordination/v1/lease'
import type { Lease } from '@tandem/api/coordination/v1/types'
import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import type { Node } from '@tandem/api/core/v1/types'
import { equalJson, isNotFound } from '@tandem/apimachinery'
import { type Controller, type ControllerContext, perRun, type ReconcileResult } from '@tandem/controller-runtime'
import { EvictionLimiter, evictionRate, isFullyDisrupted, zoneOf } from '../node-lifecycle/disruption.ts'
import { type Heartbeat, heartbeatOf, readinessOf, unknownConditions } from '../node-lifecycle/health.ts'
import { desiredTaints, isBeingEvicted, isUnfit, withoutEviction } from '../node-lifecycle/taints.ts'
import { eventRule } from '../permissions.ts'
import { timestamp } from '../timestamp.ts'

const leaseNamespace = 'kube-node-lease'
const byNode = 'node'

const stateOf = perRun(() => ({
  heartbeats: new Map<string, Heartbeat>(),
  limiter: new EvictionLimiter(),
  registered: new Set<string>(),
}))

/**
 * Notices nodes that have fallen silent, says so in their conditions and taints, and that their pods are not ready. Reads
 * `node-monitor-period`, `node-monitor-grace-period` and `node-startup-grace-period`, in milliseconds.
 */
export const controller: Controller<Node> = {
  name: 'node-lifecycle-controller',
  role: 'node-controller',
  eventSource: 'node-controller',
  for: nodes,
  watches: [
    {
      resource: leases,
      keys: ({ metadata }: Lease) => (metadata.namespace === leaseNamespace ? [{ name: metadata.name }] : []),
    },
  ],
  permissions: [
    { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'update', 'delete', 'patch'] },
    { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch', 'update'] },
    { apiGroups: [''], resources: ['pods/status'], verbs: ['patch', 'update'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'delete'] },
    eventRule,
  ],
  setup({ informer }) {
    informer(pods).addIndex(byNode, ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []))
  },
  async reconcile({ name }, context) {
    const node = context.informer(nodes).get({ name })
    const { heartbeats, registered } = stateOf(context)
    if (!node) {
      if (registered.delete(name))
        recordOf(context, { name, uid: '' }, 'Normal', 'RemovingNode', `Removing Node ${name} from Controller`)
      heartbeats.delete(name)
      return undefined
    }
    if (!registered.has(name)) {
      registered.add(name)
      recordOf(
        context,
        { name, uid: node.metadata.uid },
        'Normal',
        'RegisteredNode',
        `Registered Node ${name} in Controller`,
      )
    }
    return examine(node, context)
  },
}

async function examine(cached: Node, context: ControllerContext): Promise<ReconcileResult> {
  const { clock, informer, settings } = context
  const { name } = cached.metadata
  const { heartbeats } = stateOf(context)
  const lease = informer(leases).get({ namespace: leaseNamespace, name })?.spec?.renewTime
  const heartbeat = heartbeatOf(cached, { lease, before: heartbeats.get(name), now: clock.monotonic() })
  heartbeats.set(name, heartbeat)

  const hasReady = cached.status?.conditions?.some(({ type }) => type === 'Ready')
  const graceMs = Number(
    settings[hasReady ? 'node-monitor-grace-period' : 'node-startup-grace-period'] ?? (hasReady ? 50_000 : 60_000),
  )
  const silentMs = clock.monotonic() - heartbeat.seenAt
  const node = silentMs > graceMs ? await markUnknown(cached, context) : cached
  if (hasReady && readinessOf(node) !== 'True') await markPodsNotReady(node, context)
  const waitMs = await taint(node, context)
  const periodMs = Number(settings['node-monitor-period'] ?? 5_000)
  const untilSilent = graceMs - silentMs
  // Whatever else happens to a node that is well is told by an event.
  if (readinessOf(node) === 'True' && untilSilent > 0) return { requeueAfter: Math.max(50, untilSilent + 1) }
  return { requeueAfter: Math.max(50, Math.min(periodMs, waitMs, untilSilent > 0 ? untilSilent + 1 : periodMs)) }
}

async function markUnknown(node: Node, context: ControllerContext): Promise<Node> {
  const { client, clock } = context
  const conditions = unknownConditions(node, clock.now())
  if (equalJson(byType(conditions), byType(node.status?.conditions ?? []))) return node
  const wasReady = readinessOf(node) === 'True'
  const updated = await client.update(
    nodes,
    { ...node, status: { ...node.status, conditions } },
    { subresource: 'status' },
  )
  if (wasReady) {
    const { name, uid } = node.metadata
    recordOf(context, { name, uid }, 'Normal', 'NodeNotReady', `Node ${name} status is now: NodeNotReady`)
  }
  return updated
}

const byType = <T extends { type: string }>(conditions: readonly T[]): T[] =>
  [...conditions].sort((a, b) => (a.type < b.type ? -1 : 1))

/** Nobody says it any more, so we do: traffic must not go where nothing may answer. */
async function markPodsNotReady(node: Node, { client, clock, informer, recorder }: ControllerContext): Promise<void> {
  for (const pod of informer(pods).byIndex(byNode, node.metadata.name)) {
    const ready = pod.status?.conditions?.find(({ type }) => type === 'Ready')
    if (ready?.status !== 'True') continue
    const { namespace, name } = pod.metadata
    const condition = { type: 'Ready', status: 'False', lastTransitionTime: timestamp(clock.now()) }
    try {
      await client.patch(
        pods,
        { namespace, name },
        { type: 'strategic', body: { status: { conditions: [condition] } } },
        { subresource: 'status' },
      )
      recorder.record({ object: pod, type: 'Warning', reason: 'NodeNotReady', message: 'Node is not ready' })
    } catch (error) {
      if (!isNotFound(error)) throw error
    }
  }
}

/** Answers how long until it has to be looked at again. */
async function taint(node: Node, context: ControllerContext): Promise<number> {
  const { client, clock, informer } = context
  // One that is ready says enough: the others are looked at for the sake of one that is not.
  const ready = readinessOf(node) === 'True'
  const all = ready
    ? [node]
    : informer(nodes)
        .list()
        .map((other) => (other.metadata.name === node.metadata.name ? node : other))
  const disrupted = isFullyDisrupted(all)
  let waitMs = Number.POSITIVE_INFINITY
  let evicts = isBeingEvicted(node)
  if (isUnfit(node) && !evicts && !disrupted) {
    const zone = zoneOf(node)
    const rate = evictionRate(all.filter((other) => zoneOf(other) === zone))
    waitMs = stateOf(context).limiter.take(zone, { rate, now: clock.monotonic() })
    evicts = waitMs === 0
  }
  const desired = desiredTaints(node, { evicts, now: clock.now() })
  const taints = disrupted ? withoutEviction(desired) : desired
  if (!equalJson(taints, node.spec?.taints ?? [])) {
    const { name, resourceVersion } = node.metadata
    const body = { metadata: { resourceVersion }, spec: { taints: taints.length > 0 ? taints : null } }
    await client.patch(nodes, { name }, { type: 'merge', body })
  }
  return waitMs === 0 ? Number.POSITIVE_INFINITY : waitMs
}

function recordOf(
  { recorder }: ControllerContext,
  { name, uid }: { name: string; uid: string },
  type: 'Normal' | 'Warning',
  reason: string,
  message: string,
): void {
  recorder.record({ object: { kind: 'Node', apiVersion: 'v1', name, uid }, type, reason, message })
}
