import { leases } from '@tandem/api/coordination/v1/lease'
import type { Lease } from '@tandem/api/coordination/v1/types'
import type { Node } from '@tandem/api/core/v1/types'
import { isConflict, isNotFound } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'
import type { Clock, Logger } from '@tandem/component-base'

const namespace = 'kube-node-lease'
/** The lease is renewed when a quarter of its life is over. */
const renewShare = 0.25

export interface NodeLeaseOptions {
  client: Client
  node: Node
  durationSeconds: number
  clock: Clock
  logger: Logger
  signal: AbortSignal
}

/** Says that this node is alive, cheaply and often. Runs until the signal aborts. */
export async function keepNodeLease({
  client,
  node,
  durationSeconds,
  clock,
  logger,
  signal,
}: NodeLeaseOptions): Promise<void> {
  const key = { namespace, name: node.metadata.name }
  const interval = durationSeconds * 1000 * renewShare
  let lease: Lease | undefined
  while (!signal.aborted) {
    try {
      lease = await renew(lease)
    } catch (error) {
      if (signal.aborted) return
      lease = undefined
      logger.warn({ error }, 'failed to update lease')
      await clock.sleep(200, signal).catch(() => {})
      continue
    }
    await clock.sleep(interval, signal).catch(() => {})
  }

  async function renew(held: Lease | undefined): Promise<Lease> {
    const renewTime = new Date(clock.now()).toISOString().replace('Z', '000Z')
    const spec = { holderIdentity: node.metadata.name, leaseDurationSeconds: durationSeconds, renewTime }
    try {
      const current = held ?? (await client.get(leases, key))
      return await client.update(leases, { ...current, spec: { ...current.spec, ...spec } })
    } catch (error) {
      if (isConflict(error)) return renew(undefined)
      if (!isNotFound(error)) throw error
      const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name: node.metadata.name, uid: node.metadata.uid }]
      return client.create(leases, { metadata: { ...key, ownerReferences }, spec })
    }
  }
}
