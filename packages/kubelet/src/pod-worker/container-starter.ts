import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import type { Container, EphemeralContainer, Pod } from '@tandem/api/core/v1/types'
import type { ContainerConfig, Mount, SandboxState } from '../container-runtime/runtime.ts'
import { containerEnvironment } from '../env/container-environment.ts'
import { containerConfig } from '../lifecycle/container-config.ts'
import { verifyRunAsNonRoot } from '../lifecycle/container-security.ts'
import { StartError } from '../lifecycle/start-error.ts'
import { hostsFile, podHostname } from '../network/hosts-file.ts'
import { formatResolvConf, podDns } from '../network/resolv-conf.ts'
import { containerMounts } from '../volumes/container-mounts.ts'
import type { PodVolumes } from '../volumes/volume-manager.ts'
import type { PodServices } from './services.ts'

export interface ContainerStart {
  pod: Pod
  container: Container | EphemeralContainer
  sandbox: SandboxState
  attempt: number
  /** Of an ephemeral container: the container whose processes it wants to see. */
  targetContainerId?: string
  volumes: PodVolumes
  /** The pod is ending: what waits for images, hooks or objects is given up. */
  signal: AbortSignal
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** An error as the waiting reason it is; what has none of its own is a fault of the step it happened in. */
const startError = (reason: string, error: unknown): StartError =>
  error instanceof StartError ? error : new StartError(reason, messageOf(error), { cause: error })

/**
 * Brings one container up: its image, its configuration, the container, its process, its postStart hook.
 * Throws StartError with the waiting reason of the step that failed; the event is recorded by then.
 */
export class ContainerStarter {
  readonly #services: PodServices

  constructor(services: PodServices) {
    this.#services = services
  }

  async start(start: ContainerStart): Promise<void> {
    const { pod, container } = start
    const { runtime, events } = this.#services
    const failed = (error: StartError): never => {
      const event = {
        type: 'Warning',
        reason: 'Failed',
        message: `Error: ${error.message}`,
        container: container.name,
      } as const
      events.record(pod, imageReasons.has(error.code) ? { ...event, message: `Error: ${error.code}` } : event)
      throw error
    }
    const config = await unlessAborted(start.signal, this.#configure(start)).catch((error) =>
      start.signal.aborted ? Promise.reject(error) : failed(startError('CreateContainerConfigError', error)),
    )
    const created = await runtime
      .createContainer(config)
      .catch((error) => failed(startError('CreateContainerError', error)))
    events.record(pod, { type: 'Normal', reason: 'Created', message: 'Container created', container: container.name })
    const id = await runtime.startContainer(created).catch((error) => failed(startError('RunContainerError', error)))
    events.record(pod, { type: 'Normal', reason: 'Started', message: 'Container started', container: container.name })
    await this.#postStart(start, id)
  }

  async #configure({
    pod,
    container,
    sandbox,
    attempt,
    volumes,
    targetContainerId,
  }: ContainerStart): Promise<ContainerConfig> {
    const { images, objects, node, cgroups, directories } = this.#services
    const withAddresses = withStatusAddresses(pod, sandbox, node.hostIPs())
    const sources = {
      services: objects.services(),
      configMap: objects.configMap,
      secret: objects.secret,
      allocatable: node.allocatable(),
    }
    const uid = pod.metadata.uid
    const terminationMessageFile = directories.terminationMessage(uid, container.name, attempt)
    const [image, runtimeHandler, env] = await Promise.all([
      images.ensure(pod, container),
      this.#services.runtimeHandler(pod),
      // An image that cannot be had is reported first, whatever else is wrong.
      settled(containerEnvironment(container, withAddresses, sources)),
      makeMessageFile(terminationMessageFile),
    ])
    verifyRunAsNonRoot(container, pod, image)
    const environment = env()
    const devices = await this.#services.devices.configure(uid, container.name)
    const claimed = await this.#services.dynamicResources.configure(pod, container)
    const mounts = [
      ...(await containerMounts(container, volumes.byName, { env: environment, subPaths: directories.subPaths(uid) })),
      ...devices.mounts,
      ...claimed.mounts,
      ...(await this.#networkFiles(withAddresses, sandbox, container)),
    ]
    return containerConfig({
      pod,
      container,
      sandbox,
      image,
      attempt,
      env: [...environment, ...devices.env, ...claimed.env],
      devices: [...devices.devices, ...claimed.devices],
      mounts,
      terminationMessageFile,
      cgroupParent: cgroups.parentOf(pod),
      runtimeHandler,
      nodeMemory: node.memoryBytes,
      seccompRoot: directories.seccomp,
      ...(targetContainerId ? { targetContainerId } : {}),
    })
  }

  /** /etc/hosts, /etc/resolv.conf and /etc/hostname, which are the pod's and not the container's. */
  async #networkFiles(pod: Pod, sandbox: SandboxState, container: Container | EphemeralContainer): Promise<Mount[]> {
    const { directories, node } = this.#services
    const uid = pod.metadata.uid
    const { hostname, domain } = podHostname(pod, node.dns.domain)
    const hostFile = pod.spec.hostNetwork ? await readFile('/etc/hosts', 'utf8').catch(() => '') : ''
    const files: [path: string, containerPath: string, content: string][] = [
      [directories.hostsFile(uid), '/etc/hosts', hostsFile({ pod, ips: sandbox.ips, hostname, domain, hostFile })],
      [
        directories.resolvConf(uid),
        '/etc/resolv.conf',
        formatResolvConf(podDns(pod, { cluster: node.dns, host: node.hostDns() })),
      ],
      ...(pod.spec.hostNetwork
        ? []
        : [[directories.hostname(uid), '/etc/hostname', `${hostname}\n`] satisfies [string, string, string]]),
    ]
    const own = new Set((container.volumeMounts ?? []).map(({ mountPath }) => mountPath.replace(/\/$/, '')))
    const wanted = files.filter(([, containerPath]) => !own.has(containerPath))
    return Promise.all(
      wanted.map(async ([hostPath, containerPath, content]) => {
        // In place: containers that run have this very file mounted.
        if ((await readFile(hostPath, 'utf8').catch(() => undefined)) !== content)
          await writeFile(hostPath, content, { mode: 0o644 })
        return { hostPath, containerPath, readOnly: false, propagation: 'private' }
      }),
    )
  }

  async #postStart({ pod, container, sandbox, signal }: ContainerStart, containerId: string): Promise<void> {
    const { hooks, events, runtime } = this.#services
    const handler = container.lifecycle?.postStart
    if (!handler) return
    try {
      await hooks.run({ pod, container, containerId, handler, podIP: sandbox.ips[0], signal })
    } catch (error) {
      if (signal.aborted) return
      // Without the message: it may hold what only the container should know.
      events.record(pod, {
        type: 'Warning',
        reason: 'FailedPostStartHook',
        message: 'PostStartHook failed',
        container: container.name,
      })
      events.record(pod, {
        type: 'Normal',
        reason: 'Killing',
        message: 'FailedPostStartHook',
        container: container.name,
      })
      const gracePeriodSeconds = pod.spec.terminationGracePeriodSeconds ?? 30
      await runtime.stopContainer(containerId, { gracePeriodSeconds })
      throw new StartError('PostStartHookError', messageOf(error), { cause: error })
    }
  }
}

const imageReasons = new Set([
  'ErrImagePull',
  'ImagePullBackOff',
  'ErrImageNeverPull',
  'InvalidImageName',
  'ImageInspectError',
])

function unlessAborted<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason)
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
    work.then(resolve, reject)
  })
}

async function settled<T>(promise: Promise<T>): Promise<() => T> {
  try {
    const value = await promise
    return () => value
  } catch (error) {
    return () => {
      throw error
    }
  }
}

async function makeMessageFile(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, '')
  // Whoever the container runs as may write it.
  await chmod(path, 0o666)
}

/** A new pod's object does not know its addresses yet, and its environment may ask for them. */
export const withStatusAddresses = (pod: Pod, sandbox: SandboxState, hostIPs: readonly string[]): Pod => {
  const ips = pod.spec.hostNetwork ? hostIPs : sandbox.ips
  return {
    ...pod,
    status: {
      ...pod.status,
      ...(hostIPs[0] === undefined ? {} : { hostIP: hostIPs[0], hostIPs: hostIPs.map((ip) => ({ ip })) }),
      ...(ips[0] === undefined ? {} : { podIP: ips[0], podIPs: ips.map((ip) => ({ ip })) }),
    },
  }
}
