import { leases } from '@tandem/api/coordination/v1/lease'
import type { Lease } from '@tandem/api/coordination/v1/types'
import type { Node } from '@tandem/api/core/v1/types'
import { isConflict, isNotFound } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'
import type { Clock } from '@tandem/component-base'

const namespace = 'kube-node-lease'
/** What kubelets write; nobody reckons with it. */
const leaseDurationSeconds = 40

/** The leases of very many nodes: one write each time one is due, and nothing read but once. */
export class NodeLeases {
  readonly #client: Client
  readonly #clock: Clock
  /** As the server answered last. */
  readonly #held = new Map<string, Lease>()

  constructor(client: Client, clock: Clock) {
    this.#client = client
    this.#clock = clock
  }

  async renew(node: Pick<Node, 'metadata'>): Promise<void> {
    const { name, uid } = node.metadata
    const renewTime = new Date(this.#clock.now()).toISOString().replace('Z', '000Z')
    const spec = { holderIdentity: name, leaseDurationSeconds, renewTime }
    const held = this.#held.get(name)
    try {
      const current = held ?? (await this.#client.get(leases, { namespace, name }))
      this.#held.set(name, withoutRecord(await this.#client.update(leases, { ...current, spec })))
    } catch (error) {
      this.#held.delete(name)
      // Somebody else wrote it, or took it away.
      if (held && (isConflict(error) || isNotFound(error))) return this.renew(node)
      if (!isNotFound(error)) throw error
      const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name, uid }]
      const lease = { metadata: { namespace, name, ownerReferences }, spec }
      this.#held.set(name, withoutRecord(await this.#client.create(leases, lease)))
    }
    return undefined
  }

  forget(name: string): void {
    this.#held.delete(name)
  }
}

const withoutRecord = (lease: Lease): Lease => {
  delete lease.metadata.managedFields
  return lease
}
