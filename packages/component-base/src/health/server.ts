import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Metrics } from '../metrics/metrics.ts'
import { answerHealth, type HealthCheck } from './health.ts'
import { requestUrl } from './request-url.ts'
import { HealthSlis } from './slis.ts'

export interface HealthServerOptions {
  /** 0 takes a free one. */
  port: number
  /** Loopback unless given. */
  host?: string | undefined
  /** Serve HTTPS, with this certificate or one made for the occasion. Plain HTTP when absent. */
  tls?:
    | { certificate: string; key: string; clientCertificateAuthority?: string | undefined }
    | 'self-signed'
    | undefined
  live?: readonly HealthCheck[]
  ready?: readonly HealthCheck[]
  metrics?: Metrics | undefined
  /** Who may read `/metrics`; health is for everyone. Everybody who reaches the address, unless given. */
  authorize?: (request: IncomingMessage) => Promise<boolean>
}

export interface HealthServer {
  readonly port: number
  close(): Promise<void>
}

/** `/healthz`, `/livez`, `/readyz`, `/metrics` and `/metrics/slis` of one component. */
export async function serveHealth(options: HealthServerOptions): Promise<HealthServer> {
  const { port, host = '127.0.0.1' } = options
  const server = await createFor(options, listenerOf(options))
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

async function createFor({ tls, host }: HealthServerOptions, listener: RequestListener): Promise<Server> {
  if (!tls) return createServer(listener)
  const { certificate, key } = tls === 'self-signed' ? await selfSigned(host) : tls
  const ca = tls === 'self-signed' ? undefined : tls.clientCertificateAuthority
  return createSecureServer(
    { cert: certificate, key, ...(ca && { ca, requestCert: true, rejectUnauthorized: false }) },
    listener,
  )
}

/** Loaded when needed: what makes certificates takes as much memory as all else that a small component loads. */
async function selfSigned(host = '127.0.0.1') {
  const { createCertificateAuthority, issueCertificate } = await import('../tls/index.ts')
  const authority = await createCertificateAuthority({ commonName: 'self-signed' })
  return issueCertificate(authority, {
    commonName: 'localhost',
    dnsNames: ['localhost', host],
    usages: ['server auth'],
  })
}

function listenerOf({ live = [], ready = [], metrics, authorize }: HealthServerOptions): RequestListener {
  const slis = new HealthSlis()
  const pages: Record<string, Metrics | undefined> = { '/metrics': metrics, '/metrics/slis': slis.metrics }
  return async (request, response) => {
    const url = requestUrl(request)
    const answer = (code: number, text: string, type = 'text/plain; charset=utf-8') =>
      response.writeHead(code, { 'content-type': type, 'x-content-type-options': 'nosniff' }).end(text)
    const health = await answerHealth(url, { live, ready, observe: slis.observe })
    if (health) return answer(health.code, health.text)
    const page = pages[url.pathname]
    if (!page) return answer(404, '404 page not found\n')
    if (authorize && !(await authorize(request).catch(() => false))) return answer(403, 'Forbidden\n')
    return answer(200, await page.text(), page.contentType)
  }
}
