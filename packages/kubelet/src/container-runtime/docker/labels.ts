import type { ContainerConfig, PodIdentity, SandboxConfig } from '../runtime.ts'

/** Which containers of an engine belong to one kubelet: those of its cluster that its node made. */
export interface Scope {
  cluster: string
  node: string
}

/** Labels on everything that a kubelet creates; `clusterLabel` is what clean-up by cluster looks for. */
export const clusterLabel = 'io.tandem.cluster'
export const nodeLabel = 'io.tandem.node'
const kindLabel = 'io.tandem.kind'

const podUid = 'io.kubernetes.pod.uid'
const podName = 'io.kubernetes.pod.name'
const podNamespace = 'io.kubernetes.pod.namespace'
const containerName = 'io.kubernetes.container.name'
const restartCount = 'io.kubernetes.container.restartCount'
const hash = 'io.kubernetes.container.hash'
const messagePath = 'io.kubernetes.container.terminationMessagePath'
const messagePolicy = 'io.kubernetes.container.terminationMessagePolicy'
const messageFile = 'io.tandem.container.terminationMessageFile'
const requestedImage = 'io.tandem.container.image'
const gracePeriod = 'io.kubernetes.pod.terminationGracePeriod'
const hostNetwork = 'io.tandem.pod.hostNetwork'

type Labels = Readonly<Record<string, string>>

const scopeLabels = ({ cluster, node }: Scope): Labels => ({ [clusterLabel]: cluster, [nodeLabel]: node })
const podLabels = (pod: PodIdentity): Labels => ({
  [podUid]: pod.uid,
  [podName]: pod.name,
  [podNamespace]: pod.namespace,
})

export const sandboxLabels = (scope: Scope, config: SandboxConfig): Labels => ({
  ...scopeLabels(scope),
  ...podLabels(config.pod),
  [kindLabel]: 'sandbox',
  [containerName]: 'POD',
  [restartCount]: String(config.attempt),
  [gracePeriod]: String(config.terminationGracePeriodSeconds),
  [hostNetwork]: String(config.hostNetwork),
})

export const containerLabels = (scope: Scope, config: ContainerConfig): Labels => ({
  ...scopeLabels(scope),
  ...podLabels(config.pod),
  [kindLabel]: 'container',
  [containerName]: config.name,
  [restartCount]: String(config.attempt),
  [hash]: config.hash,
  [requestedImage]: config.image,
  [messagePath]: config.terminationMessagePath,
  [messagePolicy]: config.terminationMessagePolicy,
  [messageFile]: config.terminationMessageFile,
})

/** The engine's filter for everything of a scope, or of one pod in it. */
export const scopeFilter = (scope: Scope, uid?: string): { label: string[] } => ({
  label: [
    ...Object.entries(scopeLabels(scope)).map(([name, value]) => `${name}=${value}`),
    ...(uid === undefined ? [] : [`${podUid}=${uid}`]),
  ],
})

export const isInScope = (scope: Scope, labels: Labels): boolean =>
  Object.entries(scopeLabels(scope)).every(([name, value]) => labels[name] === value)

/** What the labels of one container say. */
export interface Labelled {
  pod: PodIdentity
  sandbox: boolean
  name: string
  attempt: number
  hash: string
  image: string
  hostNetwork: boolean
  terminationGracePeriodSeconds: number
  terminationMessagePath: string
  terminationMessagePolicy: 'File' | 'FallbackToLogsOnError'
  terminationMessageFile: string
}

export const readLabels = (labels: Labels): Labelled => ({
  pod: { uid: labels[podUid] ?? '', name: labels[podName] ?? '', namespace: labels[podNamespace] ?? '' },
  sandbox: labels[kindLabel] === 'sandbox',
  name: labels[containerName] ?? '',
  attempt: Number(labels[restartCount] ?? 0),
  hash: labels[hash] ?? '',
  image: labels[requestedImage] ?? '',
  hostNetwork: labels[hostNetwork] === 'true',
  terminationGracePeriodSeconds: Number(labels[gracePeriod] ?? 30),
  terminationMessagePath: labels[messagePath] ?? '',
  terminationMessagePolicy: labels[messagePolicy] === 'FallbackToLogsOnError' ? 'FallbackToLogsOnError' : 'File',
  terminationMessageFile: labels[messageFile] ?? '',
})

/** `k8s_<container>_<pod>_<namespace>_<uid>_<attempt>`, as Docker users of Kubernetes know them. */
export const engineName = (container: string, pod: PodIdentity, attempt: number): string =>
  ['k8s', container, pod.name, pod.namespace, pod.uid, attempt].join('_')
