import { readFileSync } from 'node:fs'
import { Agent, request as overHttp, type RequestOptions } from 'node:http'
import { request as overHttps, Agent as SecureAgent } from 'node:https'
import type { ExtenderConfiguration, ExtenderTls } from './configuration.ts'

/** Sends JSON and resolves with the JSON of the answer. Throws where there is none, or not in time. */
export type Post = (verb: string, body: unknown) => Promise<unknown>

/** Connections are kept: an extender is asked about every pod. Reads certificate files at once. */
export function postTo({ urlPrefix, enableHTTPS, tlsConfig, timeoutMs }: ExtenderConfiguration): Post {
  const isSecure = new URL(urlPrefix).protocol === 'https:'
  const agent = isSecure ? secureAgent(tlsConfig, enableHTTPS) : new Agent({ keepAlive: true })
  return async (verb, body) => {
    const url = `${urlPrefix}/${verb}`
    const options: RequestOptions = {
      method: 'POST',
      agent,
      headers: { 'content-type': 'application/json' },
      signal: AbortSignal.timeout(timeoutMs),
    }
    const exchanged = exchange(isSecure ? overHttps : overHttp, { url, options, body: JSON.stringify(body) })
    const { status, content } = await exchanged.catch((error: unknown) => {
      throw new Error(`Post ${JSON.stringify(url)}: ${problemOf(error)}`, { cause: error })
    })
    if (status !== 200) throw new Error(`failed ${verb} with extender at URL ${url}, code ${status}`)
    return JSON.parse(content)
  }
}

const problemOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error)
  const isLate = error.name === 'AbortError' || error.name === 'TimeoutError'
  return isLate ? 'context deadline exceeded (Client.Timeout exceeded while awaiting headers)' : error.message
}

function secureAgent(tls: ExtenderTls | undefined, enableHTTPS: boolean): SecureAgent {
  const { insecure = false, serverName } = tls ?? {}
  const ca = pem(tls?.caData, tls?.caFile)
  const cert = pem(tls?.certData, tls?.certFile)
  const key = pem(tls?.keyData, tls?.keyFile)
  return new SecureAgent({
    keepAlive: true,
    // As upstream: who asks for HTTPS and names no authority takes any certificate.
    rejectUnauthorized: !(insecure || (enableHTTPS && !ca)),
    ...(serverName && { servername: serverName }),
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
  })
}

const pem = (data: string | undefined, file: string | undefined): Buffer | undefined =>
  data ? Buffer.from(data, 'base64') : file ? readFileSync(file) : undefined

async function exchange(
  request: typeof overHttp,
  { url, options, body }: { url: string; options: RequestOptions; body: string },
): Promise<{ status: number; content: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(url, options, (incoming) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
      incoming.on('error', reject)
      incoming.on('end', () =>
        resolve({ status: incoming.statusCode ?? 0, content: Buffer.concat(chunks).toString('utf8') }),
      )
    })
    outgoing.on('error', reject)
    outgoing.end(body)
  })
}
