import type { Conntrack, Flow } from '@tandem/netfilter'
import { endpointText } from './endpoint.ts'
import type { ProxyState } from './service-map.ts'

/**
 * UDP flows that a Service's rules would no longer make: their endpoint does not serve any more, or they were tracked before there was one.
 * A client that keeps its port would else be sent there for as long as it sends. Services without endpoints are left alone.
 */
export function staleFlows(
  flows: readonly Flow[],
  state: ProxyState,
  answersNodePorts: (address: string) => boolean = () => true,
): Flow[] {
  const byAddress = new Map<string, Set<string>>()
  const byNodePort = new Map<number, Set<string>>()
  for (const { port, endpoints } of state) {
    if (port.protocol !== 'udp') continue
    const serving = new Set(endpoints.filter((endpoint) => endpoint.serving).map(endpointText))
    if (serving.size === 0) continue
    for (const address of [port.clusterIP, ...port.loadBalancerIPs, ...port.externalIPs])
      byAddress.set(`${address}:${port.port}`, serving)
    if (port.nodePort !== 0) byNodePort.set(port.nodePort, serving)
  }
  return flows.filter((flow) => {
    if (flow.protocol !== 'udp') return false
    const destination = `${flow.originalDestination}:${flow.originalDestinationPort}`
    const byPort = () =>
      answersNodePorts(flow.originalDestination) ? byNodePort.get(flow.originalDestinationPort) : undefined
    const serving = byAddress.get(destination) ?? byPort()
    return serving !== undefined && !serving.has(`${flow.replySource}:${flow.replySourcePort}`)
  })
}

export async function deleteStaleFlows(
  conntrack: Conntrack,
  state: ProxyState,
  answersNodePorts: (address: string) => boolean,
): Promise<number> {
  if (!state.some(({ port }) => port.protocol === 'udp')) return 0
  const stale = staleFlows(await conntrack.list('udp'), state, answersNodePorts)
  for (const flow of stale) await conntrack.delete(flow)
  return stale.length
}
