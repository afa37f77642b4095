import { request } from 'node:https'
import type { WebhookClientConfig } from '@tandem/api/apiextensions/v1/types'
import { services } from '@tandem/api/core/v1/service'
import type { Resources } from '../resources.ts'

const timeout = 30_000
const longestAnswer = 64 << 20

interface Target {
  url: URL
  /** Where to connect, when that is not what the URL says. */
  address?: { hostname: string; port: number }
}

async function targetOf({ url, service }: WebhookClientConfig, resources: Resources): Promise<Target> {
  if (!service) return { url: new URL(url ?? '') }
  const { namespace, name, path = '', port = 443 } = service
  const found = (await resources.store(services).get({ namespace, name })).object()
  const { clusterIP, ports = [] } = found.spec
  if (!ports.some((each) => each.port === port))
    throw new Error(`no service port ${port} found for service ${JSON.stringify(name)}`)
  if (!clusterIP || clusterIP === 'None') throw new Error(`service ${JSON.stringify(name)} has no cluster IP`)
  const own = new URL(`https://${name}.${namespace}.svc:${port}/${path.replace(/^\//, '')}`)
  return { url: own, address: { hostname: clusterIP, port } }
}

/** Posts JSON to a webhook, and resolves to the JSON it answers with. */
export async function callWebhook(config: WebhookClientConfig, resources: Resources, body: unknown): Promise<unknown> {
  const { url, address } = await targetOf(config, resources)
  url.searchParams.set('timeout', `${timeout / 1000}s`)
  const ca = config.caBundle && Buffer.from(config.caBundle, 'base64').toString()
  const content = JSON.stringify(body)
  try {
    return JSON.parse(await post(url, { address, ca, content }))
  } catch (error) {
    throw new Error(`Post ${JSON.stringify(url.href)}: ${error instanceof Error ? error.message : String(error)}`)
  }
}

function post(
  url: URL,
  { address, ca, content }: { address: Target['address']; ca: string | undefined; content: string },
): Promise<string> {
  const answered = Promise.withResolvers<string>()
  const call = request(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      'content-length': Buffer.byteLength(content),
      host: url.host,
    },
    ...(address && { ...address, servername: url.hostname }),
    ...(ca && { ca }),
    timeout,
  })
  call.on('response', (answer) => {
    const parts: Buffer[] = []
    let length = 0
    answer.on('data', (part: Buffer) => {
      parts.push(part)
      length += part.length
      if (length > longestAnswer) answer.destroy(new Error('the answer is too large'))
    })
    answer.on('error', answered.reject)
    answer.on('end', () => {
      const text = Buffer.concat(parts).toString()
      const code = answer.statusCode ?? 0
      if (code >= 200 && code < 300) answered.resolve(text)
      else answered.reject(new Error(`the server answered with ${code}`))
    })
  })
  call.on('timeout', () => call.destroy(new Error('context deadline exceeded')))
  call.on('error', answered.reject)
  call.end(content)
  return answered.promise
}
