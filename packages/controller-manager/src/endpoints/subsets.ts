import { isPodReady } from '@tandem/api/core/v1/pod-conditions'
import type { EndpointAddress, EndpointPort, EndpointSubset, Pod, Service } from '@tandem/api/core/v1/types'
import { ipFamily } from '@tandem/apimachinery'
import { addressTypesOf } from './desired-slices.ts'
import { hostnameIn, isHeadless, mayBeEndpoint, targetPort } from './service-pods.ts'

interface Entry {
  address: EndpointAddress
  ready: boolean
}

/** Subsets of an Endpoints object: ports that the same addresses offer stand together. Deterministic, so that equal means unchanged. */
export function endpointSubsets(service: Service, pods: readonly Pod[]): EndpointSubset[] {
  const offers = new Map<string, { port: EndpointPort | undefined; entries: Entry[] }>()
  const tolerateUnready = service.spec?.publishNotReadyAddresses === true
  for (const pod of pods) {
    if (!mayBeEndpoint(pod, { terminating: tolerateUnready })) continue
    const address = addressOf(pod, service)
    if (!address) continue
    for (const port of portsOf(pod, service)) {
      const key = JSON.stringify(port ?? null)
      const offer = offers.get(key) ?? { port, entries: [] }
      offer.entries.push({ address, ready: tolerateUnready || isPodReady(pod) })
      offers.set(key, offer)
    }
  }
  for (const { entries } of offers.values()) entries.sort((a, b) => compare(identity(a.address), identity(b.address)))
  const bySet = Map.groupBy(offers.values(), ({ entries }) =>
    entries.map(({ address, ready }) => `${identity(address)}=${ready}`).join(','),
  )
  return [...bySet.values()]
    .map((sameSet) => subsetOf(sameSet))
    .sort((a, b) => compare(JSON.stringify(a), JSON.stringify(b)))
}

function subsetOf(offers: readonly { port: EndpointPort | undefined; entries: readonly Entry[] }[]): EndpointSubset {
  const entries = offers[0]?.entries ?? []
  const addresses = entries.filter(({ ready }) => ready).map(({ address }) => address)
  const notReadyAddresses = entries.filter(({ ready }) => !ready).map(({ address }) => address)
  const ports = offers
    .flatMap(({ port }) => (port ? [port] : []))
    .sort(
      (a, b) => compare(a.name ?? '', b.name ?? '') || a.port - b.port || compare(a.protocol ?? '', b.protocol ?? ''),
    )
  return {
    ...(addresses.length > 0 && { addresses }),
    ...(notReadyAddresses.length > 0 && { notReadyAddresses }),
    ...(ports.length > 0 && { ports }),
  }
}

/** Undefined stands for no port at all: only headless Services may be without. */
function portsOf(pod: Pod, service: Service): (EndpointPort | undefined)[] {
  const ports = service.spec?.ports ?? []
  if (ports.length === 0) return isHeadless(service) ? [undefined] : []
  return ports.flatMap((servicePort) => {
    const port = targetPort(pod, servicePort)
    if (port === undefined) return []
    const { name, protocol = 'TCP', appProtocol } = servicePort
    return [{ ...(name && { name }), port, protocol, ...(appProtocol !== undefined && { appProtocol }) }]
  })
}

/** Endpoints know one address family: the Service's first. */
function addressOf(pod: Pod, service: Service): EndpointAddress | undefined {
  const { metadata, spec, status } = pod
  const [addressType] = addressTypesOf(service)
  const ips = status?.podIPs?.length ? status.podIPs.map(({ ip }) => ip ?? '') : [status?.podIP ?? '']
  const ip = ips.find((candidate) => `IPv${ipFamily(candidate)}` === addressType)
  if (!ip) return undefined
  const hostname = hostnameIn(pod, service)
  return {
    ip,
    ...(hostname && { hostname }),
    ...(spec.nodeName && { nodeName: spec.nodeName }),
    targetRef: {
      kind: 'Pod',
      ...(metadata.namespace && { namespace: metadata.namespace }),
      name: metadata.name,
      uid: metadata.uid,
    },
  }
}

const capacity = 1000

export interface Truncation {
  subsets: EndpointSubset[]
  truncated: boolean
}

/** An Endpoints object holds a thousand addresses; ready ones are kept before others. */
export function truncateSubsets(subsets: readonly EndpointSubset[]): Truncation {
  const count = (field: 'addresses' | 'notReadyAddresses') =>
    subsets.reduce((sum, subset) => sum + (subset[field]?.length ?? 0), 0)
  if (count('addresses') + count('notReadyAddresses') <= capacity) return { subsets: [...subsets], truncated: false }
  let ready = Math.min(capacity, count('addresses'))
  let unready = capacity - ready
  const result = subsets.map(({ addresses = [], notReadyAddresses = [], ...rest }) => {
    const keptReady = addresses.slice(0, ready)
    const keptUnready = notReadyAddresses.slice(0, unready)
    ready -= keptReady.length
    unready -= keptUnready.length
    return {
      ...rest,
      ...(keptReady.length > 0 && { addresses: keptReady }),
      ...(keptUnready.length > 0 && { notReadyAddresses: keptUnready }),
    }
  })
  return {
    subsets: result.filter(({ addresses, notReadyAddresses }) => addresses ?? notReadyAddresses),
    truncated: true,
  }
}

const identity = ({ ip, targetRef }: EndpointAddress): string => `${ip}/${targetRef?.uid ?? ''}`
const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
