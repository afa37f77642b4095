import { readFileSync } from 'node:fs'
import { readdir, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { qosClassOf } from '@tandem/api/core/v1/qos-class'
import type { Pod } from '@tandem/api/core/v1/types'
import { type CgroupName, podCgroup } from '../cgroups/names.ts'
import type { ContainerFiles, ContainerRuntime, ContainerState } from '../container-runtime/runtime.ts'
import type { Directories } from '../directories.ts'
import type { CgroupReader } from '../stats/cgroup-reader.ts'
import type { DiskMeter } from './disk-meter.ts'
import type { ContainerUse, DiskUse, PodUse, PodUses } from './pod-use.ts'
import type { Observation, Observations, Signal } from './signals.ts'

export interface NodeObserverOptions {
  runtime: ContainerRuntime
  reader: CgroupReader
  /** The cgroup of all that the node's capacity is for: the cluster's share of the machine, or the root. */
  root: CgroupName
  directories: Directories
  disks: DiskMeter
  /** Bytes that the node has, and those of them that pods may have together. */
  memory: { capacity: number; pods: number }
  /** Bytes of the disk that are the cluster's, where they are not all of it. */
  diskShare: number | undefined
}

/** What the node has left, and what its pods take of it: of the cluster's own share, not of the whole machine. */
export class NodeObserver {
  readonly #options: NodeObserverOptions
  #imageRoot: Promise<string | undefined> | undefined

  constructor(options: NodeObserverOptions) {
    this.#options = options
  }

  async observe(): Promise<Observations> {
    const { reader, root, memory, directories } = this.#options
    const observations = new Map<Signal, Observation>()
    const observeMemory = (signal: Signal, path: string, capacity: number): void => {
      const used = reader.usage(path).memory?.workingSetBytes
      if (used !== undefined) observations.set(signal, { available: Math.max(0, capacity - used), capacity })
    }
    observeMemory('memory.available', reader.path(root), memory.capacity)
    observeMemory('allocatableMemory.available', reader.path([...root, 'kubepods']), memory.pods)
    const imageRoot = await this.imageRoot()
    await this.#observeDisk('nodefs', directories.root, observations)
    await this.#observeDisk('imagefs', imageRoot ?? directories.root, observations)
    // Writable layers lie beside the images.
    for (const figure of ['available', 'inodesFree'] as const) {
      const observed = observations.get(`imagefs.${figure}`)
      if (observed) observations.set(`containerfs.${figure}`, observed)
    }
    observations.set('pid.available', this.#processes())
    return observations
  }

  /** Are images on another file system than the kubelet's directory? */
  async dedicatedImageFs(): Promise<boolean> {
    const imageRoot = await this.imageRoot()
    if (imageRoot === undefined) return false
    const [images, node] = await Promise.all([stat(imageRoot), stat(this.#options.directories.root)])
    return images.dev !== node.dev
  }

  /** Where the engine keeps images, unless that is on another machine. */
  imageRoot(): Promise<string | undefined> {
    this.#imageRoot ??= this.#options.runtime.imageRoot().then(
      async (path) => (path !== undefined && (await stat(path).catch(() => undefined)) ? path : undefined),
      () => {
        this.#imageRoot = undefined
        return undefined
      },
    )
    return this.#imageRoot
  }

  async #observeDisk(disk: 'nodefs' | 'imagefs', path: string, observations: Map<Signal, Observation>): Promise<void> {
    const { bsize, blocks, bavail, files, ffree } = await statfs(path)
    const { diskShare } = this.#options
    const left = bavail * bsize
    const capacity = Math.min(diskShare ?? Number.POSITIVE_INFINITY, blocks * bsize)
    const available = diskShare === undefined ? left : Math.min(left, Math.max(0, diskShare - (await this.#diskUsed())))
    observations.set(`${disk}.available`, { available, capacity })
    // Some file systems count no inodes: they do not run out of them.
    if (files > 0) observations.set(`${disk}.inodesFree`, { available: ffree, capacity: files })
  }

  /** What all pods of this kubelet have on the disk. */
  async #diskUsed(): Promise<number> {
    const { runtime, directories, disks } = this.#options
    const own = await disks.measure(directories.root)
    const pods = await runtime.listPods()
    const containers = (await Promise.all(pods.map(({ uid }) => runtime.podState(uid)))).flatMap(
      ({ containers }) => containers,
    )
    const uses = await Promise.all(containers.map((container) => this.#containerDisk(container)))
    return uses.reduce((sum, { writableLayer, logs }) => sum + writableLayer.bytes + logs.bytes, own.bytes)
  }

  #processes(): Observation {
    const { reader, root } = this.#options
    const capacity = Number(readFileSync('/proc/sys/kernel/pid_max', 'utf8'))
    const all = Number(/\/(\d+)/.exec(readFileSync('/proc/loadavg', 'utf8'))?.[1] ?? 0)
    const used = root.length === 0 ? all : (reader.usage(reader.path(root)).processes ?? 0)
    return { available: capacity - used, capacity }
  }

  async uses(pods: readonly Pod[], { disk }: { disk: boolean }): Promise<PodUses> {
    const uses = await Promise.all(
      pods.map(async (pod) => [pod.metadata.uid, await this.#useOf(pod, disk)] satisfies [string, PodUse | undefined]),
    )
    return new Map(uses.flatMap(([uid, use]) => (use ? [[uid, use] as const] : [])))
  }

  async #useOf(pod: Pod, disk: boolean): Promise<PodUse | undefined> {
    const { reader, root, runtime } = this.#options
    const path = reader.path(podCgroup(root, qosClassOf(pod), pod.metadata.uid))
    const { memory, processes = 0 } = reader.usage(path)
    if (!memory) return undefined
    const cgroups = reader.containers(path)
    const { containers } = await runtime.podState(pod.metadata.uid)
    return {
      memoryBytes: memory.workingSetBytes,
      processes,
      containers: await Promise.all(
        containers.map(async (container): Promise<ContainerUse> => {
          const cgroup = cgroups.get(container.id)
          return {
            name: container.name,
            memoryBytes: cgroup ? (reader.usage(cgroup).memory?.workingSetBytes ?? 0) : 0,
            ...(disk ? await this.#containerDisk(container, this.#logsOf(pod, container)) : {}),
          }
        }),
      ),
      volumes: disk ? await this.#volumes(pod.metadata.uid) : new Map(),
    }
  }

  /** What the kubelet itself keeps of a container's output. */
  #logsOf({ metadata }: Pod, { name }: ContainerState): string {
    return join(this.#options.directories.podLogs(metadata), name)
  }

  async #containerDisk(
    { id }: ContainerState,
    ...more: readonly string[]
  ): Promise<{ writableLayer: DiskUse; logs: DiskUse }> {
    const { runtime, disks } = this.#options
    const { writableLayer, logs }: ContainerFiles = await runtime.containerFiles(id)
    const none: DiskUse = { bytes: 0, inodes: 0 }
    const measured = await Promise.all([...logs, ...more].map((path) => disks.measure(path)))
    return {
      writableLayer: writableLayer === undefined ? none : await disks.measure(writableLayer),
      logs: measured.reduce(
        (sum, { bytes, inodes }) => ({ bytes: sum.bytes + bytes, inodes: sum.inodes + inodes }),
        none,
      ),
    }
  }

  /** Every volume of the pod that has a directory of its own, by name. */
  async #volumes(uid: string): Promise<Map<string, DiskUse>> {
    const { directories, disks } = this.#options
    const uses = new Map<string, DiskUse>()
    for (const plugin of localPlugins) {
      const parent = join(directories.volumes(uid), plugin)
      for (const name of await readdir(parent).catch(() => [])) uses.set(name, await disks.measure(join(parent, name)))
    }
    return uses
  }
}

/** Volumes that are made of the node's own disk. */
const localPlugins = ['kubernetes.io~empty-dir', 'kubernetes.io~configmap'] as const
