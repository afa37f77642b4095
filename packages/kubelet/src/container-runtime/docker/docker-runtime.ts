import { access } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Duplex } from 'node:stream'
import type { Clock, Logger } from '@tandem/component-base'
import type Docker from 'dockerode'
import type { PodNetwork } from '../../network/pod-network.ts'
import { RunContainerError, RuntimeNotFoundError, UnsupportedError } from '../errors.ts'
import type * as contract from '../runtime.ts'
import { containerSpec, type EngineLimits, refusedLimit, resourceSpec, sandboxSpec } from './container-spec.ts'
import { containerState, sandboxState } from './container-state.ts'
import { engineMessage, isConflict, isNotFound, isNotModified, runtimeError } from './engine-error.ts'
import { engineEvents } from './events.ts'
import { imageStatus, listImages, pullImage, removeImage } from './images.ts'
import { followJsonLog } from './json-log.ts'
import { openKernelLog } from './kernel-log.ts'
import { readLabels, type Scope, scopeFilter } from './labels.ts'
import { connectToPod } from './namespace-connection.ts'
import { ensurePauseImage } from './pause-image.ts'
import type { PauseArchitecture } from './pause-program.ts'
import { attachTo, execIn, execSyncIn, logsOf } from './streams.ts'

export interface DockerRuntimeOptions {
  docker: Docker
  scope: Scope
  network: PodNetwork
  clock: Clock
  logger: Logger
}

const yesOrNo = [() => true, () => false] as const

/** This engine maps users for all of its containers or for none. */
const noUserNamespaces = ({ runtimeHandler }: contract.SandboxConfig): string => {
  const who = runtimeHandler === '' ? 'runtime' : `RuntimeClass handler "${runtimeHandler}"`
  return `can't set \`spec.hostUsers: false\`, ${who} does not support user namespaces`
}

/** Pods on a Docker engine: the sandbox is a container of its own, whose namespaces the pod's containers join. */
export class DockerRuntime implements contract.ContainerRuntime {
  readonly name = 'docker'
  readonly #docker: Docker
  readonly #scope: Scope
  readonly #network: PodNetwork
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #kernelLog = openKernelLog()
  readonly #limits: EngineLimits = { negativeOomScore: true, privileged: true }
  /** How containers were created that have not been started yet. */
  readonly #created = new Map<string, { config: contract.ContainerConfig; limits: EngineLimits }>()
  /** What exited no longer changes: inspected once. */
  readonly #exited = new Map<string, contract.ContainerState>()
  #pauseImage: Promise<string> | undefined

  constructor({ docker, scope, network, clock, logger }: DockerRuntimeOptions) {
    this.#docker = docker
    this.#scope = scope
    this.#network = network
    this.#clock = clock
    this.#logger = logger
  }

  async version(): Promise<contract.RuntimeVersion> {
    const { Version: version } = await this.#call(() => this.#docker.version())
    return { runtimeName: 'docker', runtimeVersion: version, containerRuntimeVersion: `docker://${version}` }
  }

  async listPods(): Promise<contract.RuntimePod[]> {
    const listed = await this.#call(() => this.#docker.listContainers({ all: true, filters: scopeFilter(this.#scope) }))
    const pods = new Map<string, contract.RuntimePod>()
    for (const { Labels: labels } of listed) {
      const { pod, sandbox, terminationGracePeriodSeconds } = readLabels(labels)
      if (sandbox || !pods.has(pod.uid)) pods.set(pod.uid, { ...pod, terminationGracePeriodSeconds })
    }
    return [...pods.values()]
  }

  async podState(uid: string): Promise<contract.PodState> {
    const filters = scopeFilter(this.#scope, uid)
    const listed = await this.#call(() => this.#docker.listContainers({ all: true, filters }))
    const newestFirst = <T extends { createdAt: number; attempt: number }>(a: T, b: T): number =>
      b.createdAt - a.createdAt || b.attempt - a.attempt
    const sandboxes = listed.filter(({ Labels }) => readLabels(Labels).sandbox)
    const containers = listed.filter(({ Labels }) => !readLabels(Labels).sandbox)
    const [sandboxStates, containerStates] = await Promise.all([
      Promise.all(sandboxes.map(({ Id }) => this.#sandbox(Id))),
      Promise.all(containers.map(({ Id }) => this.#container(Id))),
    ])
    return {
      sandboxes: sandboxStates.filter((state) => state !== undefined).sort(newestFirst),
      containers: containerStates.filter((state) => state !== undefined).sort(newestFirst),
    }
  }

  async #sandbox(id: string): Promise<contract.SandboxState | undefined> {
    const inspected = await this.#inspect(id)
    return inspected && sandboxState(inspected, this.#network.addresses(id))
  }

  async #container(id: string): Promise<contract.ContainerState | undefined> {
    const known = this.#exited.get(id)
    if (known) return known
    const inspected = await this.#inspect(id)
    if (!inspected) return undefined
    const state = containerState(inspected)
    if (state.state !== 'exited') return state
    const killed = state.exitCode === 137 && state.reason === 'Error' && this.#kernelLog.wasOutOfMemory(id)
    const final: contract.ContainerState = killed ? { ...state, reason: 'OOMKilled' } : state
    this.#exited.set(id, final)
    return final
  }

  async #inspect(id: string): Promise<Docker.ContainerInspectInfo | undefined> {
    try {
      return await this.#docker.getContainer(id).inspect()
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw runtimeError(error)
    }
  }

  async runSandbox(config: contract.SandboxConfig): Promise<contract.SandboxState> {
    if (!config.hostUsers) throw new UnsupportedError(noUserNamespaces(config))
    const id = await this.#startSandbox(config)
    const inspected = await this.#inspect(id)
    if (!inspected) throw new RuntimeNotFoundError(`sandbox ${id} is gone`)
    if (config.hostNetwork) return sandboxState(inspected, [])
    try {
      const ips = await this.#network.add({
        sandboxId: id,
        namespace: `/proc/${inspected.State.Pid}/ns/net`,
        pod: config.pod,
        portMappings: config.portMappings,
        ...(config.bandwidth ? { bandwidth: config.bandwidth } : {}),
      })
      return sandboxState(inspected, ips)
    } catch (error) {
      await this.#network.remove(id).catch(() => {})
      await this.#remove(id).catch(() => {})
      throw error
    }
  }

  async #startSandbox(config: contract.SandboxConfig): Promise<string> {
    this.#pauseImage ??= this.#makePauseImage()
    const image = await this.#pauseImage
    const limits = { ...this.#limits }
    const spec = sandboxSpec(config, { scope: this.#scope, image, limits })
    const id = await this.#create(spec)
    try {
      await this.#docker.getContainer(id).start()
      return id
    } catch (error) {
      await this.#remove(id).catch(() => {})
      // The image can have been pruned by somebody else.
      this.#pauseImage = undefined
      if (this.#learnLimit(error, limits)) return this.#startSandbox(config)
      throw runtimeError(error)
    }
  }

  async #makePauseImage(): Promise<string> {
    try {
      const { Arch: architecture } = await this.#docker.version()
      return await ensurePauseImage(this.#docker, architecture as PauseArchitecture)
    } catch (error) {
      this.#pauseImage = undefined
      throw runtimeError(error)
    }
  }

  async stopSandbox({ id }: contract.SandboxState): Promise<void> {
    try {
      await this.#docker.getContainer(id).kill()
    } catch (error) {
      if (!isNotFound(error) && !isConflict(error)) throw runtimeError(error)
    }
    await this.#network.remove(id)
  }

  async removeSandbox(id: string): Promise<void> {
    await this.#network.remove(id)
    await this.#remove(id)
  }

  async createContainer(config: contract.ContainerConfig): Promise<string> {
    const limits = { ...this.#limits }
    const id = await this.#create(containerSpec(config, { scope: this.#scope, limits }))
    this.#created.set(id, { config, limits })
    return id
  }

  async startContainer(id: string): Promise<string> {
    try {
      await this.#docker.getContainer(id).start()
      this.#created.delete(id)
      return id
    } catch (error) {
      const created = this.#created.get(id)
      this.#created.delete(id)
      if (isNotModified(error)) return id
      if (created && this.#learnLimit(error, created.limits)) {
        await this.#remove(id)
        return this.startContainer(await this.createContainer(created.config))
      }
      throw new RunContainerError(
        `failed to start container "${created?.config.name ?? id}": ${engineMessage(error)}`,
        {
          cause: error,
        },
      )
    }
  }

  /** Notes what the engine cannot do; true when trying again, with less than was asked for, may therefore succeed. */
  #learnLimit(error: unknown, asked: EngineLimits): boolean {
    const limit = refusedLimit(engineMessage(error))
    if (!limit || !asked[limit]) return false
    if (this.#limits[limit]) {
      const message = 'the engine refuses this for lack of CAP_SYS_RESOURCE: continuing without it'
      this.#logger.warn({ limit, answer: engineMessage(error) }, message)
    }
    this.#limits[limit] = false
    return true
  }

  async #create(spec: Docker.ContainerCreateOptions): Promise<string> {
    try {
      return (await this.#docker.createContainer(spec)).id
    } catch (error) {
      if (!isConflict(error) || !spec.name) throw runtimeError(error)
    }
    // Left by a run that ended between create and start: nothing that ran has this name.
    await this.#remove(spec.name)
    return (await this.#call(() => this.#docker.createContainer(spec))).id
  }

  async stopContainer(id: string, { gracePeriodSeconds }: { gracePeriodSeconds: number }): Promise<void> {
    try {
      await this.#docker.getContainer(id).stop({ t: gracePeriodSeconds })
    } catch (error) {
      if (!isNotFound(error) && !isNotModified(error)) throw runtimeError(error)
    }
  }

  async updateContainer(id: string, resources: contract.LinuxResources): Promise<void> {
    await this.#call(() => this.#docker.getContainer(id).update(resourceSpec(resources)))
  }

  async removeContainer(id: string): Promise<void> {
    await this.#remove(id)
  }

  async #remove(id: string): Promise<void> {
    this.#exited.delete(id)
    this.#kernelLog.forget(id)
    this.#created.delete(id)
    try {
      await this.#docker.getContainer(id).remove({ force: true, v: true })
    } catch (error) {
      // 409: somebody else is removing it.
      if (!isNotFound(error) && !isConflict(error)) throw runtimeError(error)
    }
  }

  execSync = (
    id: string,
    options: { command: readonly string[]; signal?: AbortSignal },
  ): Promise<contract.ExecResult> => this.#call(() => execSyncIn(this.#docker, id, options))
  exec = (id: string, options: contract.ExecOptions): Promise<contract.ExecSession> =>
    this.#call(() => execIn(this.#docker, id, options))
  attach = (id: string, options: contract.AttachOptions): Promise<contract.AttachSession> =>
    this.#call(() => attachTo(this.#docker, id, options))
  logs = (id: string, options: contract.LogOptions): Promise<contract.LogStream> =>
    this.#call(() => logsOf(this.#docker, id, options))

  async output(id: string, options: contract.OutputOptions): Promise<AsyncIterable<Buffer> | undefined> {
    const path = (await this.#inspect(id))?.LogPath
    const readable = path && (await access(path).then(...yesOrNo))
    return readable ? followJsonLog({ ...options, path }) : undefined
  }

  async containerFiles(id: string): Promise<contract.ContainerFiles> {
    const inspected = await this.#inspect(id)
    const layers = inspected?.GraphDriver?.Data as { UpperDir?: string } | undefined
    const writableLayer = layers?.UpperDir
    // The file and those it was rotated to.
    const logs = inspected?.LogPath ? [dirname(inspected.LogPath)] : []
    return { ...(writableLayer ? { writableLayer } : {}), logs }
  }

  async imageRoot(): Promise<string | undefined> {
    const { DockerRootDir: root } = (await this.#call(() => this.#docker.info())) as { DockerRootDir?: string }
    return root || undefined
  }

  async connect(sandboxId: string, port: number): Promise<Duplex> {
    const inspected = await this.#inspect(sandboxId)
    if (!inspected?.State.Running) throw new RuntimeNotFoundError(`sandbox ${sandboxId} does not run`)
    return connectToPod({ pid: inspected.State.Pid, address: this.#network.addresses(sandboxId)[0], port })
  }

  imageStatus = (image: string): Promise<contract.ImageStatus | undefined> =>
    this.#call(() => imageStatus(this.#docker, image))
  pullImage = (image: string, credentials?: contract.RegistryCredentials): Promise<contract.ImageStatus> =>
    this.#call(() => pullImage(this.#docker, image, credentials))
  removeImage = (image: string): Promise<void> => this.#call(() => removeImage(this.#docker, image))
  listImages = (): Promise<contract.ImageStatus[]> => this.#call(() => listImages(this.#docker))

  events(signal: AbortSignal): AsyncIterable<contract.RuntimeEvent> {
    return engineEvents({ docker: this.#docker, scope: this.#scope, clock: this.#clock, signal })
  }

  async #call<T>(operation: () => Promise<T>): Promise<T> {
    try {
      return await operation()
    } catch (error) {
      throw runtimeError(error)
    }
  }
}
