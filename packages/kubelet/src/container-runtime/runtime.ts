import type { Duplex, Readable } from 'node:stream'

/**
 * What the kubelet needs of an engine, in CRI's shape: a pod is a sandbox (namespaces and an address) and containers inside it.
 * Every method sees only pods of this kubelet's scope, that is its cluster and its node. Docker and CRI both fit beneath.
 */
export interface ContainerRuntime {
  /** The scheme of container IDs in pod statuses: `docker`, `containerd`. */
  readonly name: string
  version(): Promise<RuntimeVersion>

  /** Every pod of the scope that has a sandbox or a container, running or not. */
  listPods(): Promise<RuntimePod[]>
  podState(uid: string): Promise<PodState>

  /** Resolves when the sandbox runs and, unless the pod shares the host's network, has its addresses. */
  runSandbox(config: SandboxConfig): Promise<SandboxState>
  /** Kills what still runs in the sandbox and gives its addresses back. Repeatable; a sandbox that is gone is no error. */
  stopSandbox(sandbox: SandboxState): Promise<void>
  removeSandbox(id: string): Promise<void>

  createContainer(config: ContainerConfig): Promise<string>
  /**
   * Throws RunContainerError when the engine cannot start the process. Resolves to the ID of what runs: another one where the
   * engine made the runtime build the container anew.
   */
  startContainer(id: string): Promise<string>
  /** Sends the stop signal, and SIGKILL after the grace period; resolves when it has exited. A second call may shorten the first. */
  stopContainer(id: string, options: { gracePeriodSeconds: number }): Promise<void>
  /** Gives a running container other shares and limits. */
  updateContainer(id: string, resources: LinuxResources): Promise<void>
  /** Removes a container that has exited, with its logs. */
  removeContainer(id: string): Promise<void>

  /** Runs a command to its end and collects what it prints, up to a limit. Rejects with the signal's reason on abort. */
  execSync(id: string, options: { command: readonly string[]; signal?: AbortSignal }): Promise<ExecResult>
  exec(id: string, options: ExecOptions): Promise<ExecSession>
  attach(id: string, options: AttachOptions): Promise<AttachSession>
  /** Ends with the container, or at the end of what there is unless `follow`. */
  logs(id: string, options: LogOptions): Promise<LogStream>
  /**
   * What the container writes, as lines of CRI's log format. Undefined where the runtime writes such files itself, or keeps what
   * containers write where it cannot be read from here.
   */
  output(id: string, options: OutputOptions): Promise<AsyncIterable<Buffer> | undefined>
  /** Where a container's own files are, for who wants to know how large they are. */
  containerFiles(id: string): Promise<ContainerFiles>
  /** The directory on this host that images and writable layers are kept below, where the engine tells. */
  imageRoot(): Promise<string | undefined>
  /** A byte stream to a port inside the sandbox's network namespace. */
  connect(sandboxId: string, port: number): Promise<Duplex>

  /** The image as the engine has it, or undefined. */
  imageStatus(image: string): Promise<ImageStatus | undefined>
  /** Throws what the registry or the engine answered. */
  pullImage(image: string, credentials?: RegistryCredentials): Promise<ImageStatus>
  removeImage(image: string): Promise<void>
  listImages(): Promise<ImageStatus[]>

  /**
   * What changes from now on, until the signal aborts. Reconnects by itself; after each (re)connection it yields `relist`,
   * for events may have been missed.
   */
  events(signal: AbortSignal): AsyncIterable<RuntimeEvent>
}

export interface RuntimeVersion {
  runtimeName: string
  runtimeVersion: string
  /** For node.status.nodeInfo. */
  containerRuntimeVersion: string
}

/** Which pod a sandbox or container belongs to. */
export interface PodIdentity {
  uid: string
  name: string
  namespace: string
}

export interface RuntimePod extends PodIdentity {
  /** What the pod asked for when its sandbox was made: used when the API object is gone. */
  terminationGracePeriodSeconds: number
}

export interface PodState {
  /** Newest first. */
  sandboxes: SandboxState[]
  /** Newest first. */
  containers: ContainerState[]
}

export interface SandboxState {
  id: string
  pod: PodIdentity
  attempt: number
  ready: boolean
  createdAt: number
  hostNetwork: boolean
  /** Empty for the host's network. */
  ips: string[]
}

export interface ContainerState {
  id: string
  name: string
  /** Restart count: 0 for the first. */
  attempt: number
  hash: string
  state: 'created' | 'running' | 'exited' | 'unknown'
  /** Milliseconds since the epoch; 0 when it has not happened. */
  createdAt: number
  startedAt: number
  finishedAt: number
  exitCode: number
  /** Of an exited container: Completed, Error, OOMKilled, ContainerCannotRun. */
  reason?: string
  message?: string
  image: string
  /** What `status.imageID` says. */
  imageId: string
  sandboxId: string
  /** What the engine grants it, where the engine tells. */
  resources?: Omit<LinuxResources, 'oomScoreAdj'>
  terminationMessagePath?: string
  terminationMessagePolicy?: 'File' | 'FallbackToLogsOnError'
  /** On the host: what the container wrote as its termination message. */
  terminationMessageFile?: string
}

export interface SandboxConfig {
  pod: PodIdentity
  /** Which of the engine's runtimes; empty for its default. */
  runtimeHandler: string
  /** False asks for a user namespace of the pod's own. */
  hostUsers: boolean
  attempt: number
  hostname: string
  hostNetwork: boolean
  hostPid: boolean
  hostIpc: boolean
  /** One pid namespace for all containers, held by the sandbox. */
  shareProcessNamespace: boolean
  cgroupParent: string
  sysctls: Record<string, string>
  portMappings: PortMapping[]
  terminationGracePeriodSeconds: number
  bandwidth?: { ingress?: number; egress?: number }
}

export interface PortMapping {
  protocol: 'tcp' | 'udp' | 'sctp'
  containerPort: number
  hostPort: number
  hostIP?: string
}

export interface ContainerConfig {
  pod: PodIdentity
  /** The sandbox's. */
  runtimeHandler: string
  sandbox: SandboxState
  name: string
  attempt: number
  hash: string
  image: string
  /** Undefined keeps the image's own. */
  command?: readonly string[]
  args?: readonly string[]
  workingDir?: string
  env: readonly { name: string; value: string }[]
  mounts: readonly Mount[]
  devices?: readonly { hostPath: string; containerPath: string; permissions: string }[]
  stdin: boolean
  stdinOnce: boolean
  tty: boolean
  stopSignal?: string
  resources: LinuxResources
  security: LinuxSecurity
  namespaces: {
    hostNetwork: boolean
    hostPid: boolean
    hostIpc: boolean
    shareProcessNamespace: boolean
    /** The container whose processes an ephemeral container wants to see. */
    targetContainerId?: string
  }
  cgroupParent: string
  terminationMessagePath: string
  terminationMessagePolicy: 'File' | 'FallbackToLogsOnError'
  terminationMessageFile: string
}

export interface Mount {
  hostPath: string
  containerPath: string
  readOnly: boolean
  propagation: 'private' | 'rslave' | 'rshared'
}

export interface LinuxResources {
  cpuShares: number
  /** Absent without a limit. */
  cpuQuota?: number
  cpuPeriod?: number
  /** Bytes; absent without a limit. */
  memoryLimit?: number
  oomScoreAdj: number
}

export interface LinuxSecurity {
  privileged: boolean
  runAsUser?: number
  runAsGroup?: number
  supplementalGroups: readonly number[]
  addCapabilities: readonly string[]
  dropCapabilities: readonly string[]
  readOnlyRootFilesystem: boolean
  noNewPrivileges: boolean
  seccomp: { type: 'RuntimeDefault' | 'Unconfined' } | { type: 'Localhost'; path: string; profile: string }
  apparmor?: string
  /** Procfs paths are masked unless the pod asked for `Unmasked`. */
  unmaskedProc: boolean
}

export interface ExecResult {
  exitCode: number
  /** stdout and stderr together, in the order they came. */
  output: string
}

export interface ExecOptions {
  command: readonly string[]
  stdin: boolean
  stdout: boolean
  stderr: boolean
  tty: boolean
}

export interface AttachOptions {
  stdin: boolean
  stdout: boolean
  stderr: boolean
  tty: boolean
}

export interface AttachSession {
  /** Ending it closes the process's standard input (attach: only with stdinOnce). */
  stdin: NodeJS.WritableStream
  /** Ends when the process or the container does. With a tty everything is here. */
  stdout: Readable
  stderr: Readable
  resize(size: { width: number; height: number }): Promise<void>
  /** Lets go without ending the process. */
  close(): void
}

export interface ExecSession extends AttachSession {
  exitCode: Promise<number>
}

export interface ContainerFiles {
  /** What the container wrote over its image. */
  writableLayer?: string
  logs: string[]
}

export interface LogOptions {
  follow: boolean
  timestamps: boolean
  /** Milliseconds since the epoch. */
  since?: number
  tailLines?: number
  stream?: 'All' | 'Stdout' | 'Stderr'
}

export interface OutputOptions {
  /** Only what was written after this moment, as the runtime tells moments. */
  after?: string
  /** Aborts when the container has ended: the output ends with what there is. */
  ended: AbortSignal
  /** Aborts when nobody wants to know any more. */
  signal: AbortSignal
}

export interface LogStream {
  readable: Readable
  close(): void
}

export interface ImageStatus {
  id: string
  /** For `status.imageID`: the repository digest where there is one, else the ID. */
  reference: string
  names: string[]
  sizeBytes: number
  /** Numeric user of the image's config. */
  uid?: number
  /** User by name, where the image's config has one that is not a number. */
  username?: string
}

export interface RegistryCredentials {
  username: string
  password: string
  serverAddress?: string
}

export type RuntimeEvent =
  | { type: 'relist' }
  | { type: 'started' | 'exited' | 'removed'; podUid: string; containerId: string; sandbox: boolean }
