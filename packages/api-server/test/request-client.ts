import { Agent, request } from 'undici'
import type { TestServer, TestUser } from '../src/testing/server.ts'

export interface Answer {
  code: number
  headers: Record<string, string | string[] | undefined>
  text: string
  bytes: Buffer
  // biome-ignore lint/suspicious/noExplicitAny: answers of all shapes are looked into
  body: any
}

export interface Asking {
  type?: string
  accept?: string
  headers?: Record<string, string>
}

/** Plain requests as one user, so that tests see statuses and headers as they are. */
export async function requestsOf(server: TestServer, user?: TestUser) {
  const { certificate, key, certificateAuthority } = await server.clientConfig(user)
  const dispatcher = new Agent({ connect: { cert: certificate, key, ca: certificateAuthority } })
  const ask = async (
    method: string,
    path: string,
    body?: unknown,
    { type, accept, headers }: Asking = {},
  ): Promise<Answer> => {
    const answer = await request(server.url + path, {
      method: method as 'GET',
      dispatcher,
      headers: {
        ...(body !== undefined && { 'content-type': type ?? 'application/json' }),
        ...(accept && { accept }),
        ...headers,
      },
      ...(body !== undefined && {
        body: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body),
      }),
    })
    const bytes = Buffer.from(await answer.body.arrayBuffer())
    const text = bytes.toString()
    let parsed: unknown
    try {
      parsed = JSON.parse(text)
    } catch {
      parsed = undefined
    }
    return { code: answer.statusCode, headers: answer.headers, text, bytes, body: parsed }
  }
  /** Resolves when the answer begins: what a watch tells is read to its end. */
  const begin = async (path: string): Promise<{ rest: Promise<string> }> => {
    const { body } = await request(server.url + path, { dispatcher })
    return { rest: body.text() }
  }
  return { ask, begin, close: () => dispatcher.close() }
}
