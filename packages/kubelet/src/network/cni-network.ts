import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs'
import { rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type CniAttachment, CniError, type CniResult, cniAdd, cniDelete } from './cni.ts'
import { loopbackNetwork, type NetworkConfigList, type RuntimeConfig } from './cni-config.ts'
import type { AddRequest, PodNetwork } from './pod-network.ts'

export interface CniNetworkOptions {
  /** Where the results of ADD are kept: they outlive the kubelet, as the pods do. */
  stateDirectory: string
  binaryDirectories: readonly string[]
  /** The network pods join, or undefined while the node has no pod CIDR. */
  network(): NetworkConfigList | undefined
  /** Where host ports answer when a pod does not say. */
  hostPortAddress?: string
}

interface Attached {
  list: NetworkConfigList
  runtimeConfig: RuntimeConfig
  args: Record<string, string>
  result: CniResult
}

const interfaceName = 'eth0'

/** Pod network by CNI plugins. What was attached is written down, so that it can be detached by another run. */
export class CniNetwork implements PodNetwork {
  readonly #options: CniNetworkOptions
  readonly #attached = new Map<string, Attached>()
  readonly #removing = new Map<string, Promise<void>>()

  constructor(options: CniNetworkOptions) {
    this.#options = options
    mkdirSync(options.stateDirectory, { recursive: true })
    for (const file of readdirSync(options.stateDirectory)) {
      if (!file.endsWith('.json')) continue
      const content = readAttached(join(options.stateDirectory, file))
      if (content) this.#attached.set(file.slice(0, -'.json'.length), content)
    }
  }

  async add({ sandboxId, namespace, pod, portMappings, bandwidth }: AddRequest): Promise<string[]> {
    const list = this.#options.network()
    if (!list)
      throw new CniError(
        'network is not ready: container runtime network not ready: NetworkReady=false: no pod CIDR assigned',
      )
    const args = {
      IgnoreUnknown: '1',
      K8S_POD_NAMESPACE: pod.namespace,
      K8S_POD_NAME: pod.name,
      K8S_POD_INFRA_CONTAINER_ID: sandboxId,
      K8S_POD_UID: pod.uid,
    }
    const hostIP = this.#options.hostPortAddress
    const runtimeConfig: RuntimeConfig = {
      portMappings: portMappings.map((mapping) => (hostIP && !mapping.hostIP ? { ...mapping, hostIP } : mapping)),
      ...(bandwidth ? { bandwidth: bandwidthConfig(bandwidth) } : {}),
    }
    const attachment: CniAttachment = { list, containerId: sandboxId, namespace, interfaceName, runtimeConfig, args }
    // Before ADD, so that a kubelet that dies in it can still take back what the plugins hold.
    await this.#write(sandboxId, { list, runtimeConfig, args, result: {} })
    const directories = this.#options.binaryDirectories
    const [joined, loopback] = await Promise.allSettled([
      cniAdd(attachment, directories),
      cniAdd({ ...attachment, list: loopbackNetwork, interfaceName: 'lo', runtimeConfig: {} }, directories),
    ])
    // Both have ended: what is taken back after a failure is not being given at the same time.
    if (joined.status === 'rejected') throw joined.reason
    if (loopback.status === 'rejected') throw loopback.reason
    await this.#write(sandboxId, { list, runtimeConfig, args, result: joined.value })
    return this.addresses(sandboxId)
  }

  remove(sandboxId: string): Promise<void> {
    const underWay = this.#removing.get(sandboxId)
    if (underWay) return underWay
    const removal = this.#remove(sandboxId).finally(() => this.#removing.delete(sandboxId))
    this.#removing.set(sandboxId, removal)
    return removal
  }

  async #remove(sandboxId: string): Promise<void> {
    const attached = this.#attached.get(sandboxId)
    if (!attached) return
    const { list, runtimeConfig, args, result } = attached
    await cniDelete(
      { list, containerId: sandboxId, interfaceName, runtimeConfig, args },
      this.#options.binaryDirectories,
      Object.keys(result).length > 0 ? result : undefined,
    )
    this.#attached.delete(sandboxId)
    await rm(this.#file(sandboxId), { force: true })
  }

  addresses(sandboxId: string): string[] {
    return (this.#attached.get(sandboxId)?.result.ips ?? []).map(({ address }) => address.split('/')[0] ?? address)
  }

  /** Sandboxes that hold addresses. */
  get sandboxes(): string[] {
    return [...this.#attached.keys()]
  }

  async #write(sandboxId: string, attached: Attached): Promise<void> {
    this.#attached.set(sandboxId, attached)
    const file = this.#file(sandboxId)
    await writeFile(`${file}.new`, JSON.stringify(attached))
    await rename(`${file}.new`, file)
  }

  #file(sandboxId: string): string {
    return join(this.#options.stateDirectory, `${sandboxId}.json`)
  }
}

/** Undefined for a file that a host which lost its power left without its content: one pod's record must not keep all others down. */
function readAttached(path: string): Attached | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Attached
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

const burst = 2 ** 31 - 1

const bandwidthConfig = ({ ingress, egress }: { ingress?: number; egress?: number }): Record<string, number> => ({
  ...(ingress === undefined ? {} : { ingressRate: ingress, ingressBurst: burst }),
  ...(egress === undefined ? {} : { egressRate: egress, egressBurst: burst }),
})

/** The directories of CNI plugins that this host has. */
export const defaultBinaryDirectories = (): string[] =>
  ['/opt/cni/bin', '/usr/lib/cni'].filter((directory) => existsSync(directory))
