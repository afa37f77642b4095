import type { Test } from 'tap'
import { startTestServer, type TestServer } from '../../src/testing/server.ts'
import { type Answer, type Asking, requestsOf } from '../request-client.ts'

export type Ask = (method: string, path: string, body?: unknown, asking?: Asking) => Promise<Answer>

/** A server for one file of rows, and requests of its administrator. */
export async function askingServer(t: Test): Promise<{ server: TestServer; ask: Ask }> {
  const server = await startTestServer()
  const { ask, close } = await requestsOf(server)
  t.teardown(async () => {
    await close()
    await server.stop()
  })
  return { server, ask }
}

export interface Row {
  what: string
  ask: [method: string, path: string, body?: unknown, asking?: Asking]
  code: number
  /** Matched against the answer's body. */
  body?: unknown
  /** The whole of the `Warning` headers. */
  warnings?: string[]
}

/** Asks row by row, in this order. */
export async function checkRows(t: Test, ask: Ask, rows: readonly Row[]): Promise<void> {
  for (const { what, ask: asked, code, body, warnings } of rows) {
    const answer = await ask(...asked)
    t.equal(answer.code, code, `${what}: ${answer.code < 400 ? 'its code' : answer.text}`)
    if (body !== undefined) t.match(answer.body, body, what)
    if (answer.code >= 400 && answer.body) t.equal(answer.body.code, code, `${what}: the same code in the Status`)
    if (warnings) t.same(warningsOf(answer), warnings, what)
  }
}

export const warningsOf = ({ headers }: Answer): string[] =>
  [headers.warning ?? []]
    .flat()
    .flatMap((value) => [...value.matchAll(/299 - ("(?:[^"\\]|\\.)*")/g)].map(([, text]) => JSON.parse(text ?? '')))

export const maps = '/api/v1/namespaces/default/configmaps'
export const configMap = (name: string, more: object = {}): object => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name },
  ...more,
})
export const named = (metadata: object): object => ({ apiVersion: 'v1', kind: 'ConfigMap', metadata })
