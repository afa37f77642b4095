import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import type { Node, Pod } from '@tandem/api/core/v1/types'
import { isNotFound, keyOf } from '@tandem/apimachinery'
import { type Controller, type ControllerContext, perRun } from '@tandem/controller-runtime'
import { evictionDelay } from '../node-lifecycle/eviction-time.ts'
import { eventRule } from '../permissions.ts'
import { timestamp } from '../timestamp.ts'

const byNode = 'node'

/** Since when each pod is due to leave. */
const markedAt = perRun(() => new Map<string, number>())

/** Deletes pods that do not tolerate the NoExecute taints of their node, those that do for a time when that is over. */
export const controller: Controller<Pod> = {
  name: 'taint-eviction-controller',
  role: 'node-controller',
  eventSource: 'taint-eviction-controller',
  for: pods,
  watches: [
    {
      resource: nodes,
      keys: ({ metadata }: Node, { informer }) =>
        informer(pods)
          .byIndex(byNode, metadata.name)
          .map((pod) => pod.metadata),
    },
  ],
  permissions: [
    { apiGroups: [''], resources: ['pods'], verbs: ['get', 'list', 'watch', 'delete'] },
    { apiGroups: [''], resources: ['pods/status'], verbs: ['patch'] },
    { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch'] },
    eventRule,
  ],
  setup({ informer }) {
    informer(pods).addIndex(byNode, ({ spec }) => (spec?.nodeName ? [spec.nodeName] : []))
  },
  async reconcile(key, context) {
    const pod = context.informer(pods).get(key)
    const marked = markedAt(context)
    const node = pod?.spec.nodeName ? context.informer(nodes).get({ name: pod.spec.nodeName }) : undefined
    const delay =
      pod && node && !pod.metadata.deletionTimestamp
        ? evictionDelay(node.spec?.taints ?? [], pod.spec.tolerations ?? [])
        : undefined
    if (!pod || delay === undefined) {
      if (pod && marked.has(keyOf(key)) && !pod.metadata.deletionTimestamp) cancel(pod, context)
      marked.delete(keyOf(key))
      return undefined
    }
    const { clock } = context
    const since = marked.get(keyOf(key)) ?? clock.monotonic()
    marked.set(keyOf(key), since)
    const left = since + delay - clock.monotonic()
    if (left > 0) return { requeueAfter: left }
    marked.delete(keyOf(key))
    await evict(pod, context)
    return undefined
  },
}

async function evict(pod: Pod, { client, clock, recorder }: ControllerContext): Promise<void> {
  const { namespace, name, uid } = pod.metadata
  recorder.record({
    object: pod,
    type: 'Normal',
    reason: 'TaintManagerEviction',
    message: `Marking for deletion Pod ${namespace}/${name}`,
  })
  const condition = {
    type: 'DisruptionTarget',
    status: 'True',
    reason: 'DeletionByTaintManager',
    message: 'Taint manager: deleting due to NoExecute taint',
    lastTransitionTime: timestamp(clock.now()),
  }
  try {
    await client.patch(
      pods,
      { namespace, name },
      { type: 'strategic', body: { status: { conditions: [condition] } } },
      { subresource: 'status' },
    )
    await client.delete(pods, { namespace, name }, { preconditions: { uid } })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}

const cancel = (pod: Pod, { recorder }: ControllerContext): void =>
  recorder.record({
    object: pod,
    type: 'Normal',
    reason: 'TaintManagerEviction',
    message: `Cancelling deletion of Pod ${pod.metadata.namespace}/${pod.metadata.name}`,
  })
