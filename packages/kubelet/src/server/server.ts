import { readFile } from 'node:fs/promises'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { TLSSocket } from 'node:tls'
import type { Client } from '@tandem/client'
import { createDelegatedAuth } from '@tandem/client/delegated-auth/delegated-auth'
import type { Clock, Logger } from '@tandem/component-base'
import { requestUrl } from '@tandem/component-base/health/request-url'
import type { Metrics } from '@tandem/component-base/metrics/metrics'
import type { ContainerRuntime } from '../container-runtime/runtime.ts'
import type { KubeletOptions } from '../options.ts'
import type { PodWorkers } from '../pod-worker/pod-workers.ts'
import type { StatsProvider } from '../stats/stats-provider.ts'
import { type Caller, identify, nodeAccess } from './authentication.ts'
import { RequestError } from './request-error.ts'
import { handleRequest } from './routes.ts'
import { handleUpgrade } from './streams.ts'

export interface ServerContext {
  options: KubeletOptions
  workers: PodWorkers
  runtime: ContainerRuntime
  client: Client
  metrics: Metrics
  stats: StatsProvider
  clock: Clock
  logger: Logger
}

export interface KubeletServer {
  readonly port: number
  close(): Promise<void>
}

/** The kubelet's own server: logs, exec, attach and port-forward for the API server, metrics and what pods use for those who may read them. */
export async function startServer(context: ServerContext): Promise<KubeletServer> {
  const { options, client, clock, logger } = context
  const ca = options.clientCAFile ? await readFile(options.clientCAFile, 'utf8') : undefined
  const { certificate, key } = await servingCertificate(options)
  const delegated = createDelegatedAuth({ client, clock })

  const authorize = async (request: IncomingMessage, url: URL): Promise<Caller> => {
    const caller = await identify(request.socket as TLSSocket, request.headers.authorization, delegated)
    if (!caller) throw new RequestError(401, 'Unauthorized')
    if (caller.groups.includes('system:masters')) return caller
    const access = nodeAccess({ path: url.pathname, method: request.method ?? 'GET', nodeName: options.nodeName })
    const { allowed } = await delegated.authorize({ username: caller.name, groups: [...caller.groups] }, access)
    const { verb, subresource } = access.resourceAttributes
    if (!allowed)
      throw new RequestError(
        403,
        `Forbidden (user=${caller.name}, verb=${verb}, resource=nodes, subresource(s)=[${subresource}])`,
      )
    return caller
  }

  const server = createServer(
    { cert: certificate, key, ...(ca ? { ca } : {}), requestCert: ca !== undefined, rejectUnauthorized: false },
    (request, response) => {
      const url = requestUrl(request)
      authorize(request, url)
        .then(() => handleRequest({ request, response, url, context }))
        .catch((error: unknown) => refuse(response, error, logger))
    },
  )
  const upgraded = new Set<Duplex>()
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const url = requestUrl(request)
    upgraded.add(socket)
    socket.on('error', () => {})
    socket.once('close', () => upgraded.delete(socket))
    authorize(request, url)
      .then(() => handleUpgrade({ upgrade: { request, socket: socket as Socket, head }, url, context }))
      .catch((error: unknown) => {
        const { status, message } = requestError(error)
        if (!(error instanceof RequestError)) logger.warn({ error, path: url.pathname }, 'stream failed')
        const body = `${message}\n`
        socket.end(
          `HTTP/1.1 ${status} ${reasonOf(status)}\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
        )
      })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.address ?? '0.0.0.0', resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
        for (const socket of upgraded) socket.destroy()
      }),
  }
}

const reasonOf = (status: number): string =>
  ({ 400: 'Bad Request', 401: 'Unauthorized', 403: 'Forbidden', 404: 'Not Found', 405: 'Method Not Allowed' })[
    status
  ] ?? 'Internal Server Error'

const requestError = (error: unknown): { status: number; message: string } =>
  error instanceof RequestError
    ? { status: error.status, message: error.message }
    : { status: 500, message: error instanceof Error ? error.message : String(error) }

function refuse(response: ServerResponse, error: unknown, logger: Logger): void {
  const { status, message } = requestError(error)
  if (status === 500) logger.warn({ error }, 'request failed')
  if (response.headersSent) response.destroy()
  else response.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8' }).end(`${message}\n`)
}

/** The certificate given by flags, else one that nobody can verify: enough for an API server that does not ask. */
async function servingCertificate(options: KubeletOptions): Promise<{ certificate: string; key: string }> {
  const { tlsCertFile, tlsPrivateKeyFile, nodeName, nodeIP } = options
  if (tlsCertFile && tlsPrivateKeyFile) {
    const [certificate, key] = await Promise.all([readFile(tlsCertFile, 'utf8'), readFile(tlsPrivateKeyFile, 'utf8')])
    return { certificate, key }
  }
  const { createCertificateAuthority, issueCertificate } = await import('@tandem/component-base/tls/index')
  const authority = await createCertificateAuthority({ commonName: `${nodeName}-ca@${Date.now()}` })
  return issueCertificate(authority, {
    commonName: nodeName,
    dnsNames: [nodeName],
    ipAddresses: [nodeIP],
    usages: ['server auth'],
  })
}
