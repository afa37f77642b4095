import { createServer, type Server } from 'node:http'
import type { Logger } from '@tandem/component-base'
import type { ProxyState } from '../service-map.ts'

/** Answers load balancers at each Service's healthCheckNodePort: does this node have endpoints of it? */
export interface ServiceHealthServer {
  update(state: ProxyState): void
  close(): void
}

export interface ServiceHealthOptions {
  /** Where node ports answer. */
  addresses: readonly string[]
  isProxyHealthy: () => boolean
  logger: Logger
}

interface Checked {
  port: number
  localEndpoints: number
  servers: Server[]
}

export function createServiceHealthServer(options: ServiceHealthOptions): ServiceHealthServer {
  const services = new Map<string, Checked>()

  const close = (service: string): void => {
    for (const server of services.get(service)?.servers ?? []) {
      server.close()
      server.closeAllConnections()
    }
    services.delete(service)
  }

  return {
    update(state) {
      const wanted = new Map<string, { port: number; addresses: Set<string> }>()
      for (const { port, endpoints } of state) {
        if (port.healthCheckNodePort === 0) continue
        const entry = wanted.get(port.service) ?? { port: port.healthCheckNodePort, addresses: new Set() }
        for (const endpoint of endpoints) if (endpoint.isLocal && endpoint.ready) entry.addresses.add(endpoint.address)
        wanted.set(port.service, entry)
      }
      for (const [service, { port }] of services) if (wanted.get(service)?.port !== port) close(service)
      for (const [service, { port, addresses }] of wanted) {
        const checked = services.get(service) ?? { port, localEndpoints: 0, servers: [] }
        checked.localEndpoints = addresses.size
        if (services.has(service)) continue
        services.set(service, checked)
        checked.servers = listen(service, checked, options)
      }
    },
    close() {
      for (const service of [...services.keys()]) close(service)
    },
  }
}

function listen(
  service: string,
  checked: Checked,
  { addresses, isProxyHealthy, logger }: ServiceHealthOptions,
): Server[] {
  const [namespace, name] = service.split('/')
  return addresses.map((address) => {
    const server = createServer((_, response) => {
      const { localEndpoints } = checked
      const serviceProxyHealthy = isProxyHealthy()
      response.writeHead(localEndpoints > 0 && serviceProxyHealthy ? 200 : 503, {
        'content-type': 'application/json',
        'x-content-type-options': 'nosniff',
        'x-load-balancing-endpoint-weight': String(localEndpoints),
      })
      response.end(JSON.stringify({ service: { namespace, name }, localEndpoints, serviceProxyHealthy }, null, '\t'))
    })
    server.on('error', (error) => logger.error({ error, service, port: checked.port }, 'failed to start healthcheck'))
    server.listen(checked.port, address)
    server.unref()
    return server
  })
}
