import type { Clock } from '@tandem/component-base'
import { RunContainerError, RuntimeNotFoundError } from '../errors.ts'
import type * as contract from '../runtime.ts'

/** Containers in memory: what happens inside them is what a test says. Streams, logs and ports are not its business. */
export class FakeRuntime implements contract.ContainerRuntime {
  readonly name = 'fake'
  readonly #clock: Clock
  readonly #sandboxes = new Map<string, contract.SandboxState>()
  readonly #containers = new Map<string, contract.ContainerState & { podUid: string }>()
  #serial = 0
  /** Told of each change, as an engine's events would. */
  onChange: (podUid: string) => void = () => {}
  /** Commands that cannot be started. */
  readonly unstartable = new Set<string>()
  /** What was asked of it, in order: `runSandbox`, `start main`, `stop main 30`. */
  readonly calls: string[] = []

  constructor(clock: Clock) {
    this.#clock = clock
  }

  version = async (): Promise<contract.RuntimeVersion> => ({
    runtimeName: 'fake',
    runtimeVersion: '1',
    containerRuntimeVersion: 'fake://1',
  })

  async listPods(): Promise<contract.RuntimePod[]> {
    return [...this.#sandboxes.values()].map(({ pod }) => ({ ...pod, terminationGracePeriodSeconds: 30 }))
  }

  async podState(uid: string): Promise<contract.PodState> {
    const newestFirst = (a: { attempt: number }, b: { attempt: number }): number => b.attempt - a.attempt
    return {
      sandboxes: [...this.#sandboxes.values()].filter(({ pod }) => pod.uid === uid).sort(newestFirst),
      containers: [...this.#containers.values()].filter(({ podUid }) => podUid === uid).sort(newestFirst),
    }
  }

  async runSandbox({ pod, attempt, hostNetwork }: contract.SandboxConfig): Promise<contract.SandboxState> {
    this.calls.push('runSandbox')
    const ips = hostNetwork ? [] : [`10.0.0.${++this.#serial}`]
    const id = `sandbox-${attempt}`
    const sandbox = { id, pod, attempt, ready: true, createdAt: this.#clock.now(), hostNetwork, ips }
    this.#sandboxes.set(id, sandbox)
    return sandbox
  }

  async stopSandbox({ id }: contract.SandboxState): Promise<void> {
    this.killSandbox(id)
  }

  async removeSandbox(id: string): Promise<void> {
    this.#sandboxes.delete(id)
  }

  async createContainer(config: contract.ContainerConfig): Promise<string> {
    const { name, attempt, hash, image, sandbox, pod } = config
    const id = `${name}-${attempt}`
    this.#containers.set(id, {
      id,
      podUid: pod.uid,
      name,
      attempt,
      hash,
      state: 'created',
      createdAt: this.#clock.now(),
      startedAt: 0,
      finishedAt: 0,
      exitCode: 0,
      image,
      imageId: image,
      resources: grantedOf(config.resources),
      sandboxId: sandbox.id,
    })
    return id
  }

  async startContainer(id: string): Promise<string> {
    const container = this.#find(id)
    this.calls.push(`start ${container.name}`)
    if (this.unstartable.has(container.name)) {
      this.exit(id, 127, 'ContainerCannotRun')
      throw new RunContainerError(`failed to start container "${container.name}"`)
    }
    this.#containers.set(id, { ...container, state: 'running', startedAt: this.#clock.now() })
    this.onChange(container.podUid)
    return id
  }

  async stopContainer(id: string, { gracePeriodSeconds }: { gracePeriodSeconds: number }): Promise<void> {
    const container = this.#containers.get(id)
    if (container?.state !== 'running') return
    this.calls.push(`stop ${container.name} ${gracePeriodSeconds}`)
    this.exit(id, 143, 'Error')
  }

  async updateContainer(id: string, resources: contract.LinuxResources): Promise<void> {
    const container = this.#containers.get(id)
    if (!container) throw new RuntimeNotFoundError(`container ${id} is gone`)
    this.calls.push(`update ${container.name}`)
    container.resources = grantedOf(resources)
  }

  async removeContainer(id: string): Promise<void> {
    this.#containers.delete(id)
  }

  /** The process ends by itself. */
  exit(id: string, exitCode: number, reason = exitCode === 0 ? 'Completed' : 'Error'): void {
    const container = this.#find(id)
    this.#containers.set(id, { ...container, state: 'exited', exitCode, reason, finishedAt: this.#clock.now() })
    this.onChange(container.podUid)
  }

  /** The sandbox dies, and what runs in it. */
  killSandbox(id: string): void {
    const sandbox = this.#sandboxes.get(id)
    if (!sandbox?.ready) return
    this.#sandboxes.set(id, { ...sandbox, ready: false, ips: [] })
    for (const container of this.#containers.values())
      if (container.sandboxId === id && container.state === 'running') this.exit(container.id, 137)
    this.onChange(sandbox.pod.uid)
  }

  #find(id: string): contract.ContainerState & { podUid: string } {
    const container = this.#containers.get(id)
    if (!container) throw new RuntimeNotFoundError(`no container ${id}`)
    return container
  }

  execSync = async (): Promise<contract.ExecResult> => ({ exitCode: 0, output: '' })
  exec = unsupported
  attach = unsupported
  logs = unsupported
  connect = unsupported
  containerFiles = async (): Promise<contract.ContainerFiles> => ({ logs: [] })
  imageRoot = async (): Promise<undefined> => undefined
  output = async (): Promise<undefined> => undefined
  imageStatus = async (image: string): Promise<contract.ImageStatus> => imageOf(image)
  pullImage = async (image: string): Promise<contract.ImageStatus> => imageOf(image)
  removeImage = async (): Promise<void> => {}
  listImages = async (): Promise<contract.ImageStatus[]> => []
  async *events(): AsyncGenerator<contract.RuntimeEvent> {}
}

const imageOf = (image: string): contract.ImageStatus => ({
  id: image,
  reference: image,
  names: [image],
  sizeBytes: 1,
  uid: 0,
})

function unsupported(): never {
  throw new Error('a fake runtime has no streams')
}

const grantedOf = ({ oomScoreAdj: _, ...granted }: contract.LinuxResources): contract.ContainerState['resources'] =>
  granted
