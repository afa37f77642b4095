import { nodes } from '@tandem/api/core/v1/node'
import { csiNodes } from '@tandem/api/storage/v1/csinode'
import type { CSINode, CSINodeDriver } from '@tandem/api/storage/v1/types'
import { equalJson, isAlreadyExists, isConflict, isNotFound } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'
import { InTurn } from './in-turn.ts'
import type { NodeInfo } from './messages.ts'

const nodeIdAnnotation = 'csi.volume.kubernetes.io/nodeid'

/** Tells the cluster which drivers this node has: by its CSINode, and by labels and an annotation of its Node. */
export class NodeRegistration {
  readonly #client: Client
  readonly #nodeName: string
  readonly #inTurn = new InTurn()

  constructor({ client, nodeName }: { client: Client; nodeName: string }) {
    this.#client = client
    this.#nodeName = nodeName
  }

  add(driver: string, info: NodeInfo): Promise<void> {
    return this.#inTurn.run('node', () => this.#add(driver, info))
  }

  remove(driver: string): Promise<void> {
    return this.#inTurn.run('node', () => this.#remove(driver))
  }

  async #add(driver: string, info: NodeInfo): Promise<void> {
    await this.#annotate({ ...(await this.#nodeIds()), [driver]: info.nodeId }, info.accessibleTopology?.segments ?? {})
    await this.#change((drivers) => [...drivers.filter(({ name }) => name !== driver), entryOf(driver, info)])
  }

  async #remove(driver: string): Promise<void> {
    await this.#change((drivers) => drivers.filter(({ name }) => name !== driver))
    const { [driver]: _, ...others } = await this.#nodeIds()
    await this.#annotate(others, {})
  }

  async #nodeIds(): Promise<Record<string, string>> {
    const { metadata } = await this.#client.get(nodes, { name: this.#nodeName })
    return JSON.parse(metadata.annotations?.[nodeIdAnnotation] ?? '{}') as Record<string, string>
  }

  async #annotate(ids: Record<string, string>, labels: Readonly<Record<string, string>>): Promise<void> {
    const value = Object.keys(ids).length > 0 ? JSON.stringify(ids) : null
    const body = { metadata: { annotations: { [nodeIdAnnotation]: value }, labels } }
    await this.#client.patch(nodes, { name: this.#nodeName }, { type: 'merge', body })
  }

  async #change(change: (drivers: CSINodeDriver[]) => CSINodeDriver[]): Promise<void> {
    for (;;) {
      try {
        return await this.#write(change)
      } catch (error) {
        // Somebody else wrote it in between: looked at again.
        if (!isConflict(error) && !isAlreadyExists(error)) throw error
      }
    }
  }

  async #write(change: (drivers: CSINodeDriver[]) => CSINodeDriver[]): Promise<void> {
    const name = this.#nodeName
    const found = await this.#find()
    const drivers = change(found?.spec.drivers ?? [])
    if (found) {
      if (!equalJson(drivers, found.spec.drivers)) await this.#client.update(csiNodes, { ...found, spec: { drivers } })
      return
    }
    const { uid } = (await this.#client.get(nodes, { name })).metadata
    const ownerReferences = [{ apiVersion: 'v1', kind: 'Node', name, uid }]
    await this.#client.create(csiNodes, { metadata: { name, ownerReferences }, spec: { drivers } })
  }

  async #find(): Promise<CSINode | undefined> {
    return this.#client.get(csiNodes, { name: this.#nodeName }).catch((error: unknown) => {
      if (isNotFound(error)) return undefined
      throw error
    })
  }
}

const entryOf = (name: string, { nodeId, maxVolumesPerNode, accessibleTopology }: NodeInfo): CSINodeDriver => ({
  name,
  nodeID: nodeId,
  topologyKeys: Object.keys(accessibleTopology?.segments ?? {}).sort(),
  ...(maxVolumesPerNode > 0 && { allocatable: { count: maxVolumesPerNode } }),
})
