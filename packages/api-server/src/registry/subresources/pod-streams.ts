import { pods } from '@tandem/api/core/v1/pod'
import type { Pod } from '@tandem/api/core/v1/types'
import { badRequest } from '@tandem/apimachinery'
import { forbiddenBy } from '../../authorization/forbidden.ts'
import type { Handler, ResourceRequest } from '../../handlers/handler.ts'
import type { KubeletConnection } from '../../kubelet/connection.ts'
import { type ProxyTarget, proxy } from '../../kubelet/proxy.ts'
import { textOverWebSocket } from '../../kubelet/text-over-websocket.ts'
import { sendText } from '../../request/respond.ts'

const fetchPod = async ({ services, kube }: ResourceRequest): Promise<Pod> =>
  (await services.resources.store(pods).get({ namespace: kube.info.namespace, name: kube.info.name })).object()

const logParameters = [
  'follow',
  'previous',
  'timestamps',
  'sinceSeconds',
  'sinceTime',
  'tailLines',
  'limitBytes',
  'stream',
]

/** `pods/log`: what a container wrote, from the kubelet that has it. */
export const readLog =
  (kubelet: KubeletConnection): Handler =>
  async (resource) => {
    const pod = await fetchPod(resource)
    const container = containerOf(pod, resource.kube.parameter('container'))
    if (!pod.spec.nodeName) return sendText(resource.reply, 200, '')
    const query = pick(resource, logParameters)
    const path = `/containerLogs/${pod.metadata.namespace}/${pod.metadata.name}/${container}`
    const asked = { group: '', resource: 'pods/log', name: pod.metadata.name }
    const target = { ...(await onKubelet(resource, kubelet, { pod, path, query })), asked }
    await (resource.kube.upgrade ? textOverWebSocket : proxy)(resource, target)
  }

/** What kubelets call the streams of exec and attach. */
const streamNames = { stdin: 'input', stdout: 'output', stderr: 'error', tty: 'tty' } as const

/** `pods/exec` and `pods/attach`: a connection into a container. */
export const openStreams =
  (kubelet: KubeletConnection, action: 'exec' | 'attach'): Handler =>
  async (resource) => {
    authorizeStream(resource)
    const pod = await fetchPod(resource)
    const { kube } = resource
    const container = containerOf(pod, kube.parameter('container'))
    const query = new URLSearchParams()
    for (const [name, kubeletName] of Object.entries(streamNames))
      if (isOn(kube.query.get(name))) query.set(kubeletName, '1')
    if (query.size === (query.has('tty') ? 1 : 0))
      throw badRequest('you must specify at least one of stdin, stdout, stderr')
    for (const part of kube.query.getAll('command')) query.append('command', part)
    if (action === 'exec' && !query.has('command'))
      throw badRequest('you must specify at least one command for the container')
    const path = `/${action}/${pod.metadata.namespace}/${pod.metadata.name}/${container}`
    await proxy(resource, await onKubelet(resource, kubelet, { pod, path, query }))
  }

/** `pods/portforward`: connections to the pod's own ports. */
export const forwardPorts =
  (kubelet: KubeletConnection): Handler =>
  async (resource) => {
    authorizeStream(resource)
    const pod = await fetchPod(resource)
    const path = `/portForward/${pod.metadata.namespace}/${pod.metadata.name}`
    await proxy(resource, await onKubelet(resource, kubelet, { pod, path, query: pick(resource, ['ports']) }))
  }

const isOn = (value: string | null): boolean => value === 'true' || value === '1'

function pick({ kube }: ResourceRequest, names: readonly string[]): URLSearchParams {
  const picked = new URLSearchParams()
  for (const name of names)
    for (const value of kube.query.getAll(name)) picked.append(name === 'ports' ? 'port' : name, value)
  return picked
}

/** A WebSocket comes as a GET, which must not be enough to run a command. */
function authorizeStream({ kube, services }: ResourceRequest): void {
  if (kube.info.verb !== 'get') return
  const attributes = { ...kube.attributes, verb: 'create' }
  const decision = services.authorizer.authorize(attributes)
  if (decision.verdict !== 'allow') throw forbiddenBy(attributes, decision.reason)
}

/** The container that was asked for, or the only one there is. */
export function containerOf({ metadata: { name }, spec }: Pod, wanted: string | undefined): string {
  const names = (containers: readonly { name: string }[] = []) => containers.map((container) => container.name)
  const [containers, init, ephemeral] = [
    names(spec.containers),
    names(spec.initContainers),
    names(spec.ephemeralContainers),
  ]
  if (wanted !== undefined) {
    if ([...containers, ...init, ...ephemeral].includes(wanted)) return wanted
    throw badRequest(`container ${wanted} is not valid for pod ${name}`)
  }
  const [only] = containers
  if (only !== undefined && containers.length === 1) return only
  const choose = `a container name must be specified for pod ${name}, choose one of: [${containers.join(' ')}]`
  throw badRequest(init.length > 0 ? `${choose} or one of the init containers: [${init.join(' ')}]` : choose)
}

async function onKubelet(
  resource: ResourceRequest,
  kubelet: KubeletConnection,
  { pod, path, query }: { pod: Pod; path: string; query: URLSearchParams },
): Promise<ProxyTarget> {
  const { nodeName } = pod.spec
  if (!nodeName) throw badRequest(`pod ${pod.metadata.name} does not have a host assigned`)
  const endpoint = await kubelet.endpoint(resource.services.resources, nodeName)
  const search = query.toString()
  return { scheme: 'https', ...endpoint, path: search ? `${path}?${search}` : path, agent: kubelet.agent }
}
