import { nodes } from '@tandem/api/core/v1/node'
import { isSimulated } from '@tandem/api/core/v1/simulated-node'
import type { Node } from '@tandem/api/core/v1/types'
import { type Controller, perRun } from '@tandem/controller-runtime'
import { type Cidr, parseCidr } from '../cidr.ts'
import { allocatePodCidrs, podCidrsOf } from '../node-ipam/allocate.ts'
import { eventRule } from '../permissions.ts'

/** Given out, and perhaps not yet to be seen in the cache. */
const givenTo = perRun(() => new Map<string, string[]>())

/** Gives each node its part of the pod network, unless it is simulated and has no network. Reads `allocate-node-cidrs`, `cluster-cidr` and `node-cidr-mask-size`. */
export const controller: Controller<Node> = {
  name: 'node-ipam-controller',
  role: 'node-controller',
  eventSource: 'cidrAllocator',
  for: nodes,
  permissions: [
    { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch', 'patch', 'update'] },
    { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch'] },
    eventRule,
  ],
  // One at a time: two nodes must not be given the same range.
  concurrency: 1,
  async reconcile({ name }, context) {
    const { client, informer, recorder, settings } = context
    const given = givenTo(context)
    const node = informer(nodes).get({ name })
    if (!node) given.delete(name)
    if (!node || isSimulated(node) || settings['allocate-node-cidrs'] !== 'true' || !settings['cluster-cidr'])
      return undefined
    if (podCidrsOf(node).length > 0) {
      given.delete(name)
      return undefined
    }
    const inUse = informer(nodes).list().flatMap(podCidrsOf)
    const podCIDRs = allocatePodCidrs(settings['cluster-cidr'].split(',').map(parseCidr), {
      used: [...inUse, ...[...given].filter(([other]) => other !== name).flatMap(([, cidrs]) => cidrs)],
      maskSizeOf: maskSizes(settings['node-cidr-mask-size']),
    })
    if (!podCIDRs) {
      recorder.record({
        object: node,
        type: 'Normal',
        reason: 'CIDRNotAvailable',
        message: `Node ${name} status is now: CIDRNotAvailable`,
      })
      throw new Error(`no CIDR is available for node ${name}`)
    }
    given.set(name, podCIDRs)
    await client.patch(nodes, { name }, { type: 'strategic', body: { spec: { podCIDR: podCIDRs[0], podCIDRs } } })
    return undefined
  },
}

const maskSizes =
  (ipv4: string | undefined) =>
  ({ family }: Cidr): number =>
    family === 4 ? Number(ipv4 ?? 24) : 64
