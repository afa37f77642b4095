import { once } from 'node:events'
import { createServer } from 'node:http'
import { createServer as createSecureServer, type ServerOptions } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Node, Pod } from '@tandem/api/core/v1/types'
import type { Test } from 'tap'

/** What an extender is asked, with the fields of all verbs. */
export interface Question {
  Pod?: Pod
  Nodes?: { items: Node[] } | null
  NodeNames?: string[] | null
  NodeNameToVictims?: Record<string, { Pods: Pod[]; NumPDBViolations: number }>
  NodeNameToMetaVictims?: Record<string, { Pods: { UID: string }[]; NumPDBViolations: number }>
  PodName?: string
  PodNamespace?: string
  PodUID?: string
  Node?: string
}

/** What the extender says to each verb. Throwing is a failure of it. */
export type Verbs = Record<string, (question: Question) => unknown>

/** An extender on loopback. */
export async function startService(t: Test, verbs: Verbs, tls?: ServerOptions) {
  const asked: { verb: string; question: Question }[] = []
  const answer: Parameters<typeof createServer>[1] = async (request, response) => {
    const verb = request.url?.split('/').at(-1) ?? ''
    try {
      const question = JSON.parse((await Array.fromAsync(request)).join('')) as Question
      asked.push({ verb, question })
      const said = await verbs[verb]?.(question)
      response.writeHead(said === undefined ? 404 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(said))
    } catch {
      response.writeHead(500).end()
    }
  }
  const server = tls ? createSecureServer(tls, answer) : createServer(answer)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const { port } = server.address() as AddressInfo
  return { asked, urlPrefix: `${tls ? 'https' : 'http'}://127.0.0.1:${port}/scheduler/` }
}
