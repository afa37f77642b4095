import { type ClientRequest, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { HTTPGetAction } from '@tandem/api/core/v1/types'

export interface HttpAnswer {
  status: number
  body: string
  /** A redirect to another host, which is not followed. */
  redirected?: string
}

const bodyLimit = 10 * 1024
const maxRedirects = 10

export interface HttpGet {
  action: HTTPGetAction
  host: string
  port: number
  userAgent: string
  signal?: AbortSignal
}

/** One GET as probes and hooks do it: a connection of its own, no proxy, no check of certificates. */
export function httpGet({ action, host, port, userAgent, signal }: HttpGet): Promise<HttpAnswer> {
  const scheme = (action.scheme ?? 'HTTP').toLowerCase()
  const bracketed = host.includes(':') ? `[${host}]` : host
  const path = action.path?.startsWith('/') ? action.path : `/${action.path ?? ''}`
  const headers: Record<string, string | string[]> = { 'User-Agent': userAgent, Accept: '*/*', Connection: 'close' }
  for (const { name, value } of action.httpHeaders ?? []) {
    if (name.toLowerCase() === 'accept' && value === '') delete headers.Accept
    else headers[canonical(name)] = value
  }
  return get(new URL(`${scheme}://${bracketed}:${port}${path}`), { headers, signal, redirects: 0 })
}

const canonical = (name: string): string =>
  name
    .split('-')
    .map((part) => part.charAt(0).toUpperCase() + part.slice(1).toLowerCase())
    .join('-')

interface Request {
  headers: Record<string, string | string[]>
  signal: AbortSignal | undefined
  redirects: number
}

async function get(url: URL, options: Request): Promise<HttpAnswer> {
  const { headers, signal, redirects } = options
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const settings = { headers, agent: false as const, ...(signal && { signal }) }
    const sent: ClientRequest =
      url.protocol === 'https:'
        ? httpsRequest(url, { ...settings, rejectUnauthorized: false }, resolve)
        : httpRequest(url, settings, resolve)
    sent.once('error', reject)
    sent.end()
  })
  const status = response.statusCode ?? 0
  const location = response.headers.location
  if (location && [301, 302, 303, 307, 308].includes(status)) {
    response.resume()
    const target = new URL(location, url)
    if (target.hostname !== url.hostname) return { status, body: '', redirected: target.href }
    if (redirects >= maxRedirects) throw new Error(`stopped after ${maxRedirects} redirects`)
    return get(target, { ...options, redirects: redirects + 1 })
  }
  let body = ''
  for await (const chunk of response) {
    body += chunk
    if (body.length >= bodyLimit) break
  }
  response.destroy()
  return { status, body: body.slice(0, bodyLimit) }
}
