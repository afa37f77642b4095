import { isDeepStrictEqual } from 'node:util'
import { services } from '@tandem/api/core/v1/service'
import type { Service } from '@tandem/api/core/v1/types'
import { endpointSlices } from '@tandem/api/discovery/v1/endpointslice'
import type { EndpointSlice } from '@tandem/api/discovery/v1/types'
import {
  isAlreadyExists,
  isConflict,
  isNotFound,
  type KubernetesObject,
  type New,
  type ResourceDefinition,
} from '@tandem/apimachinery'
import type { Client, InformerFactory } from '@tandem/client'
import type { Cancel, Clock, Logger } from '@tandem/component-base'

export interface OwnServiceOptions {
  client: Client
  informers: InformerFactory
  clock: Clock
  logger: Logger
  /** The Service's cluster address: what pods have in their resolv.conf. */
  clusterIP: string
  /** Where this process answers: an address of the node, since loopback is no endpoint. */
  address: string
  port: number
  nodeName: string
}

const namespace = 'kube-system'
const name = 'kube-dns'
const labels = { 'k8s-app': 'kube-dns', 'kubernetes.io/cluster-service': 'true', 'kubernetes.io/name': 'CoreDNS' }

/** A Service without a selector: its endpoints are processes of hosts, not pods. */
export const ownService = ({ clusterIP, port }: Pick<OwnServiceOptions, 'clusterIP' | 'port'>): New<Service> => ({
  metadata: { namespace, name, labels },
  spec: {
    type: 'ClusterIP',
    clusterIP,
    ports: [
      { name: 'dns', protocol: 'UDP', port: 53, targetPort: port },
      { name: 'dns-tcp', protocol: 'TCP', port: 53, targetPort: port },
    ],
  },
})

/** One slice for each process, named for its node. */
export const ownSlice = ({
  address,
  port,
  nodeName,
}: Pick<OwnServiceOptions, 'address' | 'port' | 'nodeName'>): New<EndpointSlice> => ({
  metadata: {
    namespace,
    name: `${name}-${nodeName}`,
    labels: {
      'k8s-app': name,
      'kubernetes.io/service-name': name,
      'endpointslice.kubernetes.io/managed-by': 'tandem-dns',
    },
  },
  addressType: 'IPv4' as EndpointSlice['addressType'],
  endpoints: [{ addresses: [address], nodeName, conditions: { ready: true, serving: true, terminating: false } }],
  ports: [
    { name: 'dns', protocol: 'UDP', port },
    { name: 'dns-tcp', protocol: 'TCP', port },
  ],
})

const retryMs = 1_000
const maxRetryMs = 30_000

/** Keeps `kube-system/kube-dns` and our slice of it there and right. Returns what ends that; the objects stay. */
export function keepOwnService(options: OwnServiceOptions): () => void {
  const { client, informers, clock, logger } = options
  const service = ownService(options)
  const slice = ownSlice(options)
  let cancel: Cancel = () => {}
  let failures = 0
  let stopped = false
  let running = false
  let again = false

  const reconcile = async (): Promise<void> => {
    if (stopped) return
    if (running) {
      again = true
      return
    }
    running = true
    again = false
    try {
      await ensure(client, services, { object: service, fix: fixService(service) })
      await ensure(client, endpointSlices, { object: slice, fix: fixSlice(slice) })
      failures = 0
    } catch (error) {
      logger.warn({ error }, 'service kube-system/kube-dns could not be kept; retrying')
      const wait = Math.min(maxRetryMs, retryMs * 2 ** failures++)
      cancel = clock.after(wait, () => void reconcile())
    }
    running = false
    if (again) await reconcile()
  }

  const concerns = (object: KubernetesObject): boolean =>
    object.metadata.namespace === namespace &&
    (object.metadata.name === name || object.metadata.name === slice.metadata.name)
  const changed = (object: KubernetesObject) => {
    if (concerns(object)) void reconcile()
  }
  const handler = { updated: changed, deleted: changed }
  const removeHandlers = [
    informers.informer(services).addHandler(handler),
    informers.informer(endpointSlices).addHandler(handler),
  ]
  void reconcile()
  return () => {
    stopped = true
    cancel()
    for (const remove of removeHandlers) remove()
  }
}

/** What is there with what must be so; undefined when it is. */
type Fix<T> = (present: T) => T | undefined

const fixService =
  ({ spec: wanted }: New<Service>): Fix<Service> =>
  (present) => {
    const ports = (present.spec.ports ?? []).map(({ name, protocol, port, targetPort }) => ({
      name,
      protocol,
      port,
      targetPort,
    }))
    // A selector would have somebody else fill in endpoints that nothing answers at.
    if (isDeepStrictEqual(ports, wanted.ports) && !present.spec.selector) return undefined
    const { selector: _, ...spec } = present.spec
    return { ...present, spec: { ...spec, ...(wanted.ports ? { ports: wanted.ports } : {}) } }
  }

const fixSlice =
  (wanted: New<EndpointSlice>): Fix<EndpointSlice> =>
  (present) => {
    const { endpoints, ports } = wanted
    const same = (slice: Pick<EndpointSlice, 'endpoints' | 'ports'>) => [slice.endpoints, slice.ports]
    if (isDeepStrictEqual(same(present), same(wanted))) return undefined
    return { ...present, ...(endpoints ? { endpoints } : {}), ...(ports ? { ports } : {}) }
  }

async function ensure<T extends KubernetesObject>(
  client: Client,
  resource: ResourceDefinition<T>,
  { object, fix }: { object: New<T>; fix: Fix<T> },
): Promise<void> {
  const key = { namespace: object.metadata.namespace, name: object.metadata.name ?? '' }
  try {
    const fixed = fix(await client.get(resource, key))
    if (fixed) await client.update(resource, fixed)
  } catch (error) {
    if (isConflict(error)) return ensure(client, resource, { object, fix })
    if (!isNotFound(error)) throw error
    await client.create(resource, object).catch((failure: unknown) => {
      if (!isAlreadyExists(failure)) throw failure
    })
  }
}
