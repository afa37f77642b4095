import type { IncomingMessage, ServerResponse } from 'node:http'
import { expositionType } from '../stats/exposition.ts'
import { streamLogs } from './container-logs.ts'
import { RequestError } from './request-error.ts'
import { runningPods } from './running-pods.ts'
import type { ServerContext } from './server.ts'

export interface Exchange {
  request: IncomingMessage
  response: ServerResponse
  url: URL
  context: ServerContext
}

type Route = (exchange: Exchange, parts: readonly string[]) => void | Promise<void>

const text = (response: ServerResponse, body: string, type = 'text/plain; charset=utf-8'): void => {
  response.writeHead(200, { 'Content-Type': type, 'X-Content-Type-Options': 'nosniff' }).end(body)
}

/** By the first part of the path. */
const routes: Readonly<Record<string, Route>> = {
  healthz: ({ response }) => text(response, 'ok'),
  async metrics({ response, context: { metrics, stats } }, [which]) {
    if (which === undefined) text(response, await metrics.text(), metrics.contentType)
    else if (which === 'resource') text(response, stats.resourceMetrics(), expositionType)
    else if (which === 'cadvisor') text(response, stats.cadvisorMetrics(), expositionType)
    else throw notFound()
  },
  stats({ response, url, context: { stats } }, [which]) {
    if (which !== 'summary') throw notFound()
    const onlyCpuAndMemory = url.searchParams.get('only_cpu_and_memory') === 'true'
    text(response, JSON.stringify(stats.summary({ onlyCpuAndMemory })), 'application/json')
  },
  pods({ response, context: { workers } }) {
    const list = { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: workers.pods }
    text(response, JSON.stringify(list), 'application/json')
  },
  async runningpods({ response, context: { runtime } }) {
    const list = { kind: 'PodList', apiVersion: 'v1', metadata: {}, items: await runningPods(runtime) }
    text(response, JSON.stringify(list), 'application/json')
  },
  containerLogs: streamLogs,
  exec: upgradeRequired,
  attach: upgradeRequired,
  portForward: upgradeRequired,
}

const notFound = (): RequestError => new RequestError(404, '404 page not found')

function upgradeRequired(): never {
  throw new RequestError(400, 'Upgrade request required')
}

export async function handleRequest(exchange: Exchange): Promise<void> {
  const [, first = '', ...rest] = exchange.url.pathname.split('/')
  const route = Object.hasOwn(routes, first) ? routes[first] : undefined
  if (!route) throw notFound()
  await route(exchange, rest.map(decodeURIComponent))
}
