import { readFile } from 'node:fs/promises'
import { Agent } from 'node:https'
import { nodes } from '@tandem/api/core/v1/node'
import type { Node } from '@tandem/api/core/v1/types'
import { badRequest } from '@tandem/apimachinery'
import type { ApiServerOptions } from '../options.ts'
import type { Resources } from '../resources.ts'

/** How kubelets are called: with the server's own client certificate, at the address and port that each node reports. */
export interface KubeletConnection {
  readonly agent: Agent
  endpoint(resources: Resources, nodeName: string): Promise<KubeletEndpoint>
}

export interface KubeletEndpoint {
  host: string
  port: number
}

const defaultPort = 10250
const defaultAddressTypes = ['InternalIP', 'Hostname', 'InternalDNS', 'ExternalDNS', 'ExternalIP']

export async function kubeletConnection(options: ApiServerOptions): Promise<KubeletConnection> {
  const read = (file: string | undefined) => (file ? readFile(file) : undefined)
  const [cert, key, ca] = await Promise.all([
    read(options.kubeletClientCertificate),
    read(options.kubeletClientKey),
    read(options.kubeletCertificateAuthority),
  ])
  const addressTypes = options.kubeletPreferredAddressTypes ?? defaultAddressTypes
  return {
    agent: new Agent({ cert, key, ca, rejectUnauthorized: ca !== undefined, keepAlive: true }),
    async endpoint(resources, nodeName) {
      const node = (await resources.store(nodes).get({ name: nodeName })).object()
      return endpointOf(node, addressTypes)
    },
  }
}

function endpointOf({ status }: Node, addressTypes: readonly string[]): KubeletEndpoint {
  const addresses = status?.addresses ?? []
  const preferred = addressTypes.flatMap((wanted) => addresses.find(({ type }) => type === wanted) ?? [])[0]
  if (!preferred)
    throw badRequest(
      `no preferred addresses found; known addresses: [${addresses.map(({ address }) => address).join(' ')}]`,
    )
  return { host: preferred.address, port: status?.daemonEndpoints?.kubeletEndpoint?.Port || defaultPort }
}
