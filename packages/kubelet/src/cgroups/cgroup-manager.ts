import { existsSync } from 'node:fs'
import { mkdir, readdir, rmdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { computeQOSClass, qosClassOf } from '@tandem/api/core/v1/qos-class'
import type { Pod } from '@tandem/api/core/v1/types'
import type { Logger } from '@tandem/component-base'
import { type CgroupDriver, type CgroupName, cgroupParent, cgroupPath, podCgroup, qosCgroup } from './names.ts'
import { burstableShares, type CgroupResources, cgroupValues, podCgroupResources } from './values.ts'

export interface CgroupManagerOptions {
  root: CgroupName
  driver: CgroupDriver
  mountPoint?: string
  logger: Logger
}

const written = ['cpu', 'memory'] as const

/** The cgroups around containers: one for all pods of the kubelet, one for each class of service, one for each pod. */
export class CgroupManager {
  readonly #root: CgroupName
  readonly #driver: CgroupDriver
  readonly #mountPoint: string
  readonly #version: 1 | 2
  readonly #logger: Logger

  constructor({ root, driver, mountPoint = '/sys/fs/cgroup', logger }: CgroupManagerOptions) {
    this.#root = root
    this.#driver = driver
    this.#mountPoint = mountPoint
    this.#version = existsSync(join(mountPoint, 'cgroup.controllers')) ? 2 : 1
    this.#logger = logger
  }

  /** What the engine is told for containers of the pod. */
  parentOf(pod: Pod): string {
    return cgroupParent(podCgroup(this.#root, qosClassOf(pod), pod.metadata.uid), this.#driver)
  }

  /** The node's share of the machine, and the standing of the two lower classes. */
  async setUp(allocatable: CgroupResources): Promise<void> {
    await this.#apply(qosCgroup(this.#root, 'Guaranteed'), allocatable)
    await this.#apply(qosCgroup(this.#root, 'Burstable'), { cpuShares: 2 })
    await this.#apply(qosCgroup(this.#root, 'BestEffort'), { cpuShares: 2 })
  }

  async createPod(pod: Pod): Promise<void> {
    await this.#apply(podCgroup(this.#root, qosClassOf(pod), pod.metadata.uid), podCgroupResources(pod))
  }

  /** Burstable pods together weigh what they request. */
  async updateClasses(pods: readonly Pod[]): Promise<void> {
    const burstable = pods.filter((pod) => computeQOSClass(pod) === 'Burstable')
    await this.#apply(qosCgroup(this.#root, 'Burstable'), { cpuShares: burstableShares(burstable) })
  }

  /** Containers are gone: so are the pod's cgroups, in every hierarchy the engine made them in. */
  async removePod(uid: string): Promise<void> {
    for (const qos of ['Guaranteed', 'Burstable', 'BestEffort'] as const)
      await this.#remove(podCgroup(this.#root, qos, uid))
  }

  async #apply(name: CgroupName, resources: CgroupResources): Promise<void> {
    if (this.#driver === 'systemd') return // systemd makes slices, with the engine's first container in them
    try {
      for (const controller of written) await mkdir(this.#directory(name, controller), { recursive: true })
      for (const { controller, file, value } of cgroupValues(resources, this.#version))
        await writeFile(join(this.#directory(name, controller), file), value)
    } catch (error) {
      this.#logger.warn({ error, cgroup: cgroupPath(name, this.#driver) }, 'cgroup could not be set up')
    }
  }

  #directory(name: CgroupName, controller: string): string {
    const path = cgroupPath(name, this.#driver)
    return this.#version === 2 ? join(this.#mountPoint, path) : join(this.#mountPoint, controller, path)
  }

  async #remove(name: CgroupName): Promise<void> {
    const path = cgroupPath(name, this.#driver)
    const hierarchies = this.#version === 2 ? [''] : await readdir(this.#mountPoint).catch(() => [])
    await Promise.all(hierarchies.map((hierarchy) => removeTree(join(this.#mountPoint, hierarchy, path))))
  }
}

/** Cgroups are removed as empty directories, children first; their files go with them. */
async function removeTree(directory: string): Promise<void> {
  const entries = await readdir(directory, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(directory, entry.name))
  await rmdir(directory).catch(() => {})
}
