import { setImmediate as turn } from 'node:timers/promises'
import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import type { Node, Pod } from '@tandem/api/core/v1/types'
import { deviceClasses } from '@tandem/api/resource/v1/deviceclass'
import { resourceClaims } from '@tandem/api/resource/v1/resourceclaim'
import { resourceSlices } from '@tandem/api/resource/v1/resourceslice'
import type { ResourceClaim } from '@tandem/api/resource/v1/types'
import { isNotFound } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'
import { silentLogger } from '@tandem/component-base'
import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import { startScheduler } from '../../src/start.ts'
import { claim, deviceClass, slice } from '../dynamic-resources/objects.ts'
import { nodeOf, podOf } from '../objects.ts'
import { BindingClient } from '../running.ts'
import { type Change, taint } from './changes.ts'
import { isRepelled, problemBeside, wouldFit } from './rules.ts'

const devicesPerNode = 2

/** A cluster that changes, with a scheduler at work, and an eye on each of its bindings. */
export class World {
  readonly problems: string[] = []
  readonly clock = new FakeClock()
  readonly #client: WatchedClient
  /** As they were when the scheduler was last at rest: what happened since, it may not have known. */
  #nodesAtRest = new Map<string, Node>()
  /** Nodes that took pods for a while since then. */
  readonly #opened = new Set<string>()
  #stop: () => Promise<void> = async () => {}
  #count = 0
  bindings = 0
  evictions = 0

  constructor(failures: readonly number[]) {
    const failing = new Set(failures)
    this.#client = new WatchedClient(async (pod, nodeName) => {
      await this.#look(pod, nodeName)
      if (failing.has(this.bindings++)) throw new Error('the server is on fire')
    })
  }

  async start(): Promise<void> {
    this.#client.seed(deviceClasses, deviceClass('gpu'))
    const context = { logger: silentLogger, clock: this.clock }
    const scheduler = await startScheduler({ client: this.#client, 'leader-elect': false }, context)
    this.#stop = () => scheduler.stop()
  }

  async stop(): Promise<void> {
    await this.#stop()
  }

  /** Waits until the scheduler has nothing left to do, with time for every backoff, and not for what is tried again anyway. */
  async rest(): Promise<void> {
    for (let quiet = 0; quiet < 2; ) {
      const before = this.#client.actions.length
      await this.clock.advance(11_000)
      for (let turns = 0; turns < 5; turns++) await turn()
      quiet = this.#client.actions.length === before ? quiet + 1 : 0
    }
    this.#opened.clear()
    this.#nodesAtRest = new Map((await this.#nodes()).map((node) => [node.metadata.name, node]))
  }

  /** What the scheduler took away meanwhile is left alone. */
  async happen(change: Change): Promise<void> {
    await this.#happen(change).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
  }

  async #happen(change: Change): Promise<void> {
    const key = (object: { metadata: { name: string; namespace?: string } } | undefined) => object?.metadata
    switch (change.kind) {
      case 'add node': {
        const name = `n${this.#count++}`
        const devices = Array.from({ length: devicesPerNode }, (_, index) => `d${index}`)
        await this.#client.create(resourceSlices, slice({ name, nodeName: name, devices }))
        await this.#client.create(nodes, nodeOf({ ...change.node, name }))
        return
      }
      case 'add pod': {
        const name = `p${this.#count++}`
        const names = Array.from({ length: change.claims }, (_, index) => `${name}-c${index}`)
        const requests = [{ name: 'r', exactly: { deviceClassName: 'gpu', count: 1 } }]
        for (const each of names) await this.#client.create(resourceClaims, claim(each, { requests }))
        const resourceClaimNames = names.map((each) => ({ name: each, resourceClaimName: each }))
        await this.#client.create(
          pods,
          podOf({ ...change.pod, name, ...(names.length > 0 ? { resourceClaims: resourceClaimNames } : {}) }),
        )
        return
      }
      case 'delete pod': {
        const pod = pick(await this.#pods(), change.index)
        if (pod) await this.#client.delete(pods, pod.metadata)
        return
      }
      case 'open gate': {
        const gated = (await this.#pods()).filter(({ spec }) => spec.schedulingGates?.length)
        const found = key(pick(gated, change.index))
        if (found) await this.#client.patch(pods, found, { type: 'merge', body: { spec: { schedulingGates: null } } })
        return
      }
      case 'label pod': {
        // One that is being bound keeps the labels that it was looked at with.
        await this.rest()
        const open = (await this.#pods()).filter(({ spec }) => !spec.nodeName)
        const found = key(pick(open, change.index))
        const body = { metadata: { labels: { app: change.app } } }
        if (found) await this.#client.patch(pods, found, { type: 'merge', body })
        return
      }
    }
    const node = pick(await this.#nodes(), change.index)
    if (!node) return
    if (change.kind === 'remove node') return this.#removeNode(node)
    if (change.kind === 'untaint node' || change.kind === 'uncordon node') this.#opened.add(node.metadata.name)
    const spec = {
      'taint node': { taints: [taint] },
      'untaint node': { taints: null },
      'cordon node': { unschedulable: true },
      'uncordon node': { unschedulable: null },
    }[change.kind]
    await this.#client.patch(nodes, node.metadata, { type: 'merge', body: { spec } })
  }

  /** With its pods, as the garbage collector would have it, and its devices. */
  async #removeNode({ metadata: { name } }: Node): Promise<void> {
    await this.#client.delete(nodes, { name })
    await this.#client.delete(resourceSlices, { name })
    for (const pod of await this.#pods()) if (pod.spec.nodeName === name) await this.#client.delete(pods, pod.metadata)
  }

  /** Pods that should have a node by now: not one that waits for a reason. */
  async lost(): Promise<string[]> {
    const all = await this.#pods()
    const here = await this.#nodes()
    const claims = new Map((await this.#claims()).map((one) => [one.metadata.name, one]))
    const on = (name: string) => all.filter(({ spec }) => spec.nodeName === name)
    return (
      all
        .filter(({ spec }) => !spec.nodeName && !spec.schedulingGates?.length)
        // Devices have their own test: whether they are free depends on who else waits.
        .filter(({ spec }) => (spec.resourceClaims ?? []).every((each) => !claims.has(each.name)))
        .flatMap((pod) =>
          here
            .filter((node) => wouldFit(pod, node, on(node.metadata.name)))
            .map((node) => `${pod.metadata.name} would fit on ${node.metadata.name}`),
        )
    )
  }

  /** At the moment of binding: by what the API server knows. */
  async #look(pod: Pod, nodeName: string): Promise<void> {
    const node = (await this.#nodes()).find(({ metadata }) => metadata.name === nodeName)
    const who = `${pod.metadata.name} on ${nodeName}`
    if (pod.spec.schedulingGates?.length) this.problems.push(`${who}: is gated`)
    if (pod.spec.nodeName) this.problems.push(`${who}: is bound to ${pod.spec.nodeName}`)
    if (!node) return
    const others = (await this.#pods()).filter(
      ({ spec, metadata }) => spec.nodeName === nodeName && metadata.uid !== pod.metadata.uid,
    )
    const problem = problemBeside(pod, node, others)
    if (problem) this.problems.push(`${who}: ${problem}`)
    const before = this.#nodesAtRest.get(nodeName)
    const wasClosed = before && !this.#opened.has(nodeName) && isRepelled(pod, before)
    if (isRepelled(pod, node) && wasClosed) this.problems.push(`${who}: is repelled`)
    await this.#lookAtDevices(pod, nodeName)
  }

  async #lookAtDevices(pod: Pod, nodeName: string): Promise<void> {
    const claims = await this.#claims()
    const taken = claims.flatMap(({ status }) =>
      (status?.allocation?.devices?.results ?? []).map(({ pool, device }) => `${pool}/${device}`),
    )
    if (new Set(taken).size < taken.length) this.problems.push(`a device is taken twice: ${taken.sort().join(', ')}`)
    for (const { name } of pod.spec.resourceClaims ?? []) {
      const { allocation, reservedFor = [] } = claims.find(({ metadata }) => metadata.name === name)?.status ?? {}
      const isHere = allocation?.devices?.results?.every(({ pool }) => pool === nodeName)
      if (!isHere || !reservedFor.some(({ uid }) => uid === pod.metadata.uid))
        this.problems.push(`${pod.metadata.name} on ${nodeName}: has no device for ${name}`)
    }
  }

  #nodes = async (): Promise<readonly Node[]> => (await this.#client.list(nodes)).items
  #pods = async (): Promise<readonly Pod[]> => (await this.#client.list(pods)).items
  #claims = async (): Promise<readonly ResourceClaim[]> => (await this.#client.list(resourceClaims)).items
}

const pick = <T>(items: readonly T[], index: number): T | undefined =>
  items.length > 0 ? items[index % items.length] : undefined

/** Shows every binding before it happens. */
class WatchedClient extends BindingClient {
  readonly #look: (pod: Pod, nodeName: string) => Promise<void>

  constructor(look: (pod: Pod, nodeName: string) => Promise<void>) {
    super()
    this.#look = look
  }

  override async createSubresource<Result>(...args: Parameters<Client['createSubresource']>): Promise<Result> {
    const [resource, key, subresource, body] = args
    if (subresource === 'binding') {
      const { target } = body as { target: { name: string } }
      await this.#look((await this.get(resource, key)) as unknown as Pod, target.name)
    }
    return super.createSubresource(...args)
  }
}
