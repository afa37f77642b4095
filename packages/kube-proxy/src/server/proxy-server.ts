import { createServer, type RequestListener } from 'node:http'
import type { AddressInfo } from 'node:net'
import { UsageError } from '@tandem/component-base/flags/index'
import { requestUrl } from '@tandem/component-base/health/request-url'
import type { Metrics } from '@tandem/component-base/metrics/metrics'

export interface BoundServer {
  readonly port: number
  close(): Promise<void>
}

/** `address:port`, or an address alone with upstream's default port. */
export function parseBindAddress(text: string, defaultPort: number): { host: string; port: number } {
  const found = /^(?:\[(?<v6>[^\]]+)\]|(?<v4>[^:]*))(?::(?<port>\d+))?$/.exec(text)
  if (!found) throw new UsageError(`not an address to bind to: ${text}`)
  const { v4, v6, port } = found.groups ?? {}
  return { host: v6 ?? (v4 || '0.0.0.0'), port: port === undefined ? defaultPort : Number(port) }
}

/** `/healthz` and `/livez`: 200 while changes reach the kernel, with times as upstream gives them. */
export function healthListener(
  health: () => { healthy: boolean; lastUpdated: number },
  { now, counted }: { now: () => number; counted?: (code: number) => void },
): RequestListener {
  return (request, response) => {
    if (!/^\/(healthz|livez|readyz)(\?|$)/.test(request.url ?? ''))
      return response.writeHead(404).end('404 page not found\n')
    const { healthy, lastUpdated } = health()
    const code = healthy ? 200 : 503
    counted?.(code)
    const time = (at: number) => new Date(at).toISOString()
    const currentTime = time(now())
    // While healthy, everything known by now is in force.
    const body = { lastUpdated: healthy ? currentTime : time(lastUpdated), currentTime, nodeEligible: true }
    return response
      .writeHead(code, { 'content-type': 'application/json', 'x-content-type-options': 'nosniff' })
      .end(JSON.stringify(body))
  }
}

/** `/metrics`, `/proxyMode` and a plain `/healthz`. */
export function metricsListener(metrics: Metrics, mode: string): RequestListener {
  return async (request, response) => {
    const path = requestUrl(request).pathname
    if (path === '/metrics')
      return response.writeHead(200, { 'content-type': metrics.contentType }).end(await metrics.text())
    if (path === '/proxyMode') return response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end(mode)
    if (path === '/healthz') return response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8' }).end('ok')
    return response.writeHead(404).end('404 page not found\n')
  }
}

export async function bind(
  listener: RequestListener,
  { host, port }: { host: string; port: number },
): Promise<BoundServer> {
  const server = createServer(listener)
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  server.unref()
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
