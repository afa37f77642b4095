import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { isExtendedResource } from '@tandem/api/core/v1/resource-name'
import type { Pod } from '@tandem/api/core/v1/types'
import type { Clock, Logger } from '@tandem/component-base'
import type { ContainerConfig } from '../container-runtime/runtime.ts'
import type { Refusal } from '../lifecycle/node-admission.ts'
import { DeviceError, DeviceLedger, type Grant } from './device-ledger.ts'
import type { DevicePlugin } from './device-plugin.ts'
import type { RegisterRequest } from './messages.ts'
import { type RegistrationServer, serveRegistration } from './registration.ts'

export interface DeviceManagerOptions {
  /** Where the kubelet's socket is, and those of plugins. */
  directory: string
  /** The node has other devices than it had. */
  onChange(): void
  clock: Clock
  logger: Logger
}

/** What containers get with their devices. */
export type DeviceConfig = Required<Pick<ContainerConfig, 'env' | 'mounts' | 'devices'>>

const checkpoint = 'kubelet_internal_checkpoint'
const supportedVersion = 'v1beta1'
/** A plugin that went is expected back for this long before its devices are taken off the node. */
const gracePeriod = 5 * 60_000

/** Devices that plugins bring to the node: counted, given to containers, and taken back. */
export class DeviceManager {
  readonly #options: DeviceManagerOptions
  readonly #ledger: DeviceLedger
  readonly #plugins = new Map<string, DevicePlugin>()
  #server: RegistrationServer | undefined

  constructor(options: DeviceManagerOptions) {
    this.#options = options
    this.#ledger = new DeviceLedger(readCheckpoint(join(options.directory, checkpoint)))
    // Whose devices containers have, though nobody has registered for them yet.
    for (const { resource } of this.#ledger.grants) this.#ledger.setDevices(resource, [])
  }

  async start(): Promise<void> {
    const register = (request: RegisterRequest): void => this.#register(request)
    this.#server = await serveRegistration(this.#options.directory, { keep: checkpoint, register })
  }

  /** Of the node: all devices, and those that are healthy. */
  get capacity(): Record<string, string> {
    return this.#ledger.amounts('all')
  }
  get allocatable(): Record<string, string> {
    return this.#ledger.amounts('healthy')
  }

  #register({ version, endpoint, resourceName: resource, options }: RegisterRequest): void {
    const { directory, logger } = this.#options
    if (version !== supportedVersion)
      throw new Error(
        `requested API version "${version}" is not supported by kubelet. Supported version is ["${supportedVersion}"]`,
      )
    if (!isExtendedResource(resource)) throw new Error(`the ResourceName "${resource}" is invalid`)
    logger.info({ resource, endpoint }, 'got registration request from device plugin')
    void this.#connect(resource, join(directory, endpoint), options ?? {})
  }

  async #connect(resource: string, socket: string, options: DevicePlugin['options']): Promise<void> {
    const { DevicePlugin } = await import('./device-plugin.ts')
    const plugin = new DevicePlugin(socket, options)
    const { onChange, logger } = this.#options
    this.#plugins.get(resource)?.close()
    this.#plugins.set(resource, plugin)
    plugin.watch({
      onDevices: (devices) => {
        if (this.#plugins.get(resource) !== plugin) return
        this.#ledger.setDevices(resource, devices)
        onChange()
      },
      onEnd: (error) => {
        if (this.#plugins.get(resource) !== plugin) return
        logger.info({ resource, error }, 'device plugin is gone')
        this.#plugins.delete(resource)
        plugin.close()
        this.#ledger.setUnhealthy(resource)
        onChange()
        this.#removeLater(resource)
      },
    })
  }

  #removeLater(resource: string): void {
    const { clock, onChange } = this.#options
    clock.after(gracePeriod, () => {
      if (this.#plugins.has(resource) || !this.#server) return
      this.#ledger.setDevices(resource, [])
      onChange()
    })
  }

  /** Sets aside what the pod asks for, at its admission. */
  reserve(pod: Pod): Refusal | undefined {
    const before = this.#ledger.grants
    try {
      this.#ledger.reserve(pod)
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error
      return {
        reason: 'UnexpectedAdmissionError',
        message: `Allocate failed due to ${error.message}, which is unexpected`,
      }
    }
    if (this.#ledger.grants !== before) this.#write()
    return undefined
  }

  /** What the container's plugins give with its devices. Throws where a plugin cannot, or is not there. */
  async configure(podUid: string, container: string): Promise<DeviceConfig> {
    const grants = this.#ledger.grantsOf(podUid, container)
    const all = await Promise.all(grants.map((grant) => this.#configure(grant)))
    return {
      env: all.flatMap(({ env }) => env),
      mounts: all.flatMap(({ mounts }) => mounts),
      devices: all.flatMap(({ devices }) => devices),
    }
  }

  async #configure(grant: Grant): Promise<DeviceConfig> {
    const { resource, ids } = grant
    const plugin = this.#plugins.get(resource)
    if (!plugin) throw new DeviceError(`cannot allocate unregistered device ${resource}`)
    const allocation = grant.allocation ?? (await plugin.allocate(ids))
    if (!grant.allocation) {
      this.#ledger.setAllocation(grant, allocation)
      this.#write()
    }
    if (allocation.cdiDevices.length > 0)
      throw new DeviceError(`CDI devices are not supported by the container runtime: ${resource}`)
    if (plugin.options.preStartRequired) await plugin.prepare(ids)
    return {
      env: allocation.envs.map(({ key, value }) => ({ name: key, value })),
      mounts: allocation.mounts.map((mount) => ({ ...mount, propagation: 'private' })),
      devices: allocation.devices,
    }
  }

  retain(podUids: ReadonlySet<string>): void {
    if (this.#ledger.retain(podUids)) this.#write()
  }

  #write(): void {
    const path = join(this.#options.directory, checkpoint)
    writeFileSync(`${path}.new`, JSON.stringify({ grants: this.#ledger.grants }), { mode: 0o600 })
    renameSync(`${path}.new`, path)
  }

  stop(): void {
    this.#server?.close()
    this.#server = undefined
    for (const plugin of this.#plugins.values()) plugin.close()
    this.#plugins.clear()
  }
}

function readCheckpoint(path: string): Grant[] {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { grants: Grant[] }).grants
  } catch {
    return []
  }
}
