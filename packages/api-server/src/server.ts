import type { Server as HttpServer } from 'node:http'
import { requestEntityTooLarge, unsupportedMediaType } from '@tandem/apimachinery'
import type { Logger } from '@tandem/component-base'
import { type FastifyError, type FastifyInstance, fastify } from 'fastify'
import type { Hook } from './request/context.ts'
import { sendError, sendPageNotFound, statusErrorOf } from './request/respond.ts'
import type { Routes } from './routes/routes.ts'

export interface TlsFiles {
  cert: string | Buffer
  key: string | Buffer
  /** Who signs client certificates. */
  ca: string | Buffer | undefined
}

export interface ServerOptions {
  tls: TlsFiles
  hooks: readonly Hook[]
  routes: Routes
  logger: Logger
}

/** As upstream: what etcd takes of one object, and then some. */
const bodyLimit = 3 * 1024 * 1024

const unknownFormat = () =>
  unsupportedMediaType(['application/json', 'application/yaml', 'application/vnd.kubernetes.protobuf'])

/** Longer than clients keep idle connections, so that it is they who close them: a request on its way is never lost. */
const idleTimeout = 600_000

/** An answer in several writes would otherwise wait, before its last one, for the client to acknowledge the others. */
const noDelay = true

/** client-go cancels every watch it ends: a thousand of those must not look like an attack. */
const streamResets = { streamResetBurst: 100_000, streamResetRate: 10_000 }

/** No route has a schema, and fastify's own compilers, which it loads unless it is given others, are a tenth of what the server loads. */
const noSchemas = () => () => {
  throw new Error('routes have no schemas')
}

/** The HTTP server: HTTP/2 and HTTP/1.1 by ALPN, one order of hooks for all that comes in, and few routes. */
export function createServer({ tls, hooks, routes, logger }: ServerOptions): FastifyInstance {
  const app = fastify({
    http2: true,
    https: {
      ...tls,
      allowHTTP1: true,
      requestCert: tls.ca !== undefined,
      rejectUnauthorized: false,
      noDelay,
      ...streamResets,
    },
    bodyLimit,
    http2SessionTimeout: idleTimeout,
    forceCloseConnections: true,
    return503OnClosing: false,
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 2000 },
    onProtoPoisoning: 'ignore',
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    frameworkErrors: (_error, _request, reply) => sendPageNotFound(reply as never),
  }) as unknown as FastifyInstance
  // fastify sets this on servers of HTTP/1.1 alone.
  ;(app.server as unknown as HttpServer).keepAliveTimeout = idleTimeout

  app.removeAllContentTypeParsers()
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body))
  app.decorateRequest('kube')
  for (const hook of hooks) app.addHook('onRequest', hook)

  app.setErrorHandler((error: FastifyError, request, reply) => {
    if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
      return sendError(request, reply, requestEntityTooLarge(`limit is ${bodyLimit}`))
    const status = error.code === 'FST_ERR_CTP_INVALID_MEDIA_TYPE' ? unknownFormat() : statusErrorOf(error)
    if (status.code >= 500) logger.error({ err: error, path: request.url }, 'request failed')
    sendError(request, reply, status)
  })
  app.setNotFoundHandler((_request, reply) => sendPageNotFound(reply))

  app.all('/api/*', routes.resources)
  app.all('/apis/*', routes.resources)
  for (const [path, handler] of Object.entries(routes.fixed)) app.get(path, handler)
  return app
}
