import type { Endpoint, EndpointSlice } from '@tandem/api/discovery/v1/types'
import { type ServicePortInfo, usesClusterEndpoints, usesLocalEndpoints } from './service-port.ts'

/** One address and port behind a Service's port. */
export interface EndpointInfo {
  readonly address: string
  readonly port: number
  readonly isLocal: boolean
  readonly ready: boolean
  readonly serving: boolean
  readonly terminating: boolean
  readonly zoneHints: readonly string[]
  readonly nodeHints: readonly string[]
}

/** The node a proxy runs on, as far as it matters to where traffic goes. */
export interface ProxyNode {
  readonly name: string
  /** `topology.kubernetes.io/zone`, when the node has one. */
  readonly zone?: string | undefined
}

export const endpointText = ({ address, port }: EndpointInfo): string => `${address}:${port}`

/**
 * Endpoints of one Service by port name and protocol (`http/tcp`), from all of its slices, in the order of their addresses so that equal
 * sets make equal rules. An address that two slices name counts once; where they disagree, the one that is ready wins.
 */
export function endpointsByPort(slices: Iterable<EndpointSlice>, node: ProxyNode): Map<string, EndpointInfo[]> {
  const byPort = new Map<string, Map<string, EndpointInfo>>()
  for (const slice of slices) {
    if (String(slice.addressType) !== 'IPv4') continue
    for (const { name = '', protocol = 'TCP', port } of slice.ports ?? []) {
      if (port === undefined) continue
      const key = `${name}/${protocol.toLowerCase()}`
      const endpoints = byPort.get(key) ?? new Map<string, EndpointInfo>()
      byPort.set(key, endpoints)
      for (const endpoint of slice.endpoints ?? []) {
        const info = endpointInfo(endpoint, port, node)
        if (info && !endpoints.get(info.address)?.ready) endpoints.set(info.address, info)
      }
    }
  }
  return new Map([...byPort].map(([key, endpoints]) => [key, [...endpoints.values()].sort(byAddress)]))
}

const byAddress = (a: EndpointInfo, b: EndpointInfo): number =>
  a.address < b.address ? -1 : a.address > b.address ? 1 : a.port - b.port

function endpointInfo(
  { addresses, conditions = {}, nodeName, hints }: Endpoint,
  port: number,
  node: ProxyNode,
): EndpointInfo | undefined {
  const address = addresses[0]
  if (!address) return undefined
  const ready = conditions.ready ?? true
  return {
    address,
    port,
    isLocal: nodeName === node.name,
    ready,
    serving: conditions.serving ?? ready,
    terminating: conditions.terminating ?? false,
    zoneHints: (hints?.forZones ?? []).map(({ name }) => name),
    nodeHints: (hints?.forNodes ?? []).map(({ name }) => name),
  }
}

export interface CategorizedEndpoints {
  /** Usable under traffic policy Cluster, anywhere. */
  cluster: readonly EndpointInfo[]
  /** Usable under traffic policy Local, on this node. */
  local: readonly EndpointInfo[]
  /** The union of both. */
  reachable: readonly EndpointInfo[]
  /** Whether anything in the cluster serves at all; without, connections are refused rather than dropped. */
  any: boolean
}

const isDraining = ({ serving, terminating }: EndpointInfo): boolean => serving && terminating

/** Usable are the ready ones; where there is none, those that terminate but still serve. Cluster and Local decide that separately. */
export function categorizeEndpoints(
  port: ServicePortInfo,
  endpoints: readonly EndpointInfo[],
  node: ProxyNode,
): CategorizedEndpoints {
  const usable = (candidates: readonly EndpointInfo[]): readonly EndpointInfo[] => {
    const ready = candidates.filter((endpoint) => endpoint.ready)
    return ready.length > 0 ? ready : candidates.filter(isDraining)
  }
  const cluster = usesClusterEndpoints(port) ? usable(endpoints).filter(closeBy(endpoints, node)) : []
  const local = usesLocalEndpoints(port) ? usable(endpoints.filter((endpoint) => endpoint.isLocal)) : []
  const reachable = [...new Set([...cluster, ...local])].sort(byAddress)
  const any = reachable.length > 0 || (usesLocalEndpoints(port) && usable(endpoints).length > 0)
  return { cluster, local, reachable, any }
}

/** Topology hints count when every ready endpoint has one and this node, or its zone, is among them. */
function closeBy(endpoints: readonly EndpointInfo[], node: ProxyNode): (endpoint: EndpointInfo) => boolean {
  const ready = endpoints.filter((endpoint) => endpoint.ready)
  const hinted = (hints: (endpoint: EndpointInfo) => readonly string[], here: string | undefined): boolean =>
    here !== undefined &&
    ready.length > 0 &&
    ready.every((endpoint) => hints(endpoint).length > 0) &&
    ready.some((endpoint) => hints(endpoint).includes(here))
  if (hinted(({ nodeHints }) => nodeHints, node.name)) return ({ nodeHints }) => nodeHints.includes(node.name)
  if (hinted(({ zoneHints }) => zoneHints, node.zone)) return ({ zoneHints }) => zoneHints.includes(node.zone ?? '')
  return () => true
}
