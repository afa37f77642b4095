import { pods } from '@tandem/api/core/v1/pod'
import { services as serviceDefinition } from '@tandem/api/core/v1/service'
import { endpointSlices } from '@tandem/api/discovery/v1/endpointslice'
import { badRequest, serviceUnavailable } from '@tandem/apimachinery'
import type { Handler, ResourceRequest } from '../../handlers/handler.ts'
import type { KubeletConnection } from '../../kubelet/connection.ts'
import { proxy } from '../../kubelet/proxy.ts'

/** `[https:]name[:port]`, as proxy paths name pods and services. */
export interface ProxyName {
  scheme: 'http' | 'https'
  name: string
  port: string
}

export function parseProxyName(text: string): ProxyName {
  const parts = text.split(':')
  const scheme = parts.length === 3 ? parts[0] : 'http'
  const [name = '', port = ''] = parts.length === 3 ? parts.slice(1) : parts
  if (parts.length > 3 || (scheme !== '' && scheme !== 'http' && scheme !== 'https'))
    throw badRequest(`invalid service request ${JSON.stringify(text)}`)
  return { scheme: scheme === 'https' ? 'https' : 'http', name, port }
}

/** The client's own words after `/proxy`, which may be none. A namespace may be called `proxy` too, so it is counted. */
function requested({ kube, request }: ResourceRequest): { path: string; rest: string; query: string } {
  const [, path = '', query = ''] = /^([^?]*)(.*)$/s.exec(request.raw.url ?? '') ?? []
  const [, ...rest] = path.split('/').slice(kube.info.namespace ? 7 : 5)
  return { path, rest: rest.map((segment) => `/${segment}`).join(''), query }
}

/** What the proxied server is asked for, and where its pages are found by the reader. */
function proxied(resource: ResourceRequest): { path: string; prefix: string } {
  const { path, rest, query } = requested(resource)
  return { path: (rest || '/') + query, prefix: path.slice(0, path.length - rest.length) }
}

/** A page at `…/proxy` would have its relative links lead out of the proxy: readers are sent to `…/proxy/`. */
const readFromRoot =
  (handler: Handler): Handler =>
  async (resource) => {
    const { kube, request, reply } = resource
    const { path, rest, query } = requested(resource)
    if (kube.upgrade || rest !== '' || (request.method !== 'GET' && request.method !== 'HEAD')) return handler(resource)
    await reply.code(301).header('location', `${path}/${query}`).send()
  }

/** `pods/proxy`: HTTP to a port of the pod. */
export const proxyToPod = readFromRoot(async (resource) => {
  const { kube, services } = resource
  const { scheme, name, port } = parseProxyName(kube.info.name)
  const pod = (await services.resources.store(pods).get({ namespace: kube.info.namespace, name })).object()
  const host = pod.status?.podIP
  if (!host) throw badRequest('address not allowed')
  const ports = pod.spec.containers.flatMap((container) => container.ports ?? [])
  const found =
    port === '' ? ports[0]?.containerPort : (ports.find((known) => known.name === port)?.containerPort ?? Number(port))
  await proxy(resource, { scheme, host, port: found || 80, ...proxied(resource), insecure: true })
})

/** `services/proxy`: HTTP to one of the endpoints that are ready. */
export const proxyToService = readFromRoot(async (resource) => {
  const { kube, services } = resource
  const { namespace } = kube.info
  const { scheme, name, port } = parseProxyName(kube.info.name)
  const service = (await services.resources.store(serviceDefinition).get({ namespace, name })).object()
  const portName = (service.spec?.ports ?? []).find((known) => String(known.port) === port)?.name ?? port
  const { entries } = await services.resources
    .store(endpointSlices)
    .list({ namespace, labelSelector: `kubernetes.io/service-name=${name}` })
  const targets = entries
    .map((entry) => entry.object())
    .flatMap(({ endpoints = [], ports = [] }) => {
      const number = ports.find((known) => (known.name ?? '') === portName)?.port
      if (number === undefined) return []
      return endpoints
        .filter(({ conditions }) => conditions?.ready !== false)
        .flatMap(({ addresses }) => addresses.map((host) => ({ host, port: number })))
    })
  const target = targets[Math.floor(Math.random() * targets.length)]
  if (!target) throw serviceUnavailable(`no endpoints available for service ${JSON.stringify(kube.info.name)}`)
  await proxy(resource, { scheme, ...target, ...proxied(resource), insecure: true })
})

/** `nodes/proxy`: the kubelet's own API. */
export const proxyToNode = (kubelet: KubeletConnection): Handler =>
  readFromRoot(async (resource) => {
    const { name } = parseProxyName(resource.kube.info.name)
    const endpoint = await kubelet.endpoint(resource.services.resources, name)
    await proxy(resource, { scheme: 'https', ...endpoint, ...proxied(resource), agent: kubelet.agent })
  })
