import { pipeline } from 'node:stream/promises'
import { findContainerStates } from './find-container.ts'
import { RequestError } from './request-error.ts'
import type { Exchange } from './routes.ts'

/** `/containerLogs/<namespace>/<pod>/<container>`, with the query of PodLogOptions. */
export async function streamLogs({ response, url, context }: Exchange, parts: readonly string[]): Promise<void> {
  const [namespace = '', podName = '', container = ''] = parts
  const query = logQuery(url.searchParams, context.clock.now())
  const { attempts } = await findContainerStates(context, { namespace, podName, container })
  const target = query.previous
    ? attempts.find((_, index) => index > 0 && attempts[index]?.state === 'exited')
    : attempts[0]
  if (!target) throw new RequestError(400, `previous terminated container "${container}" in pod "${podName}" not found`)

  const { since, tailLines } = query
  const logs = await context.runtime.logs(target.id, {
    follow: query.follow && target.state === 'running',
    timestamps: query.timestamps,
    ...(since === undefined ? {} : { since }),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(query.stream ? { stream: query.stream } : {}),
  })
  response.writeHead(200, { 'Content-Type': 'text/plain' })
  response.flushHeaders()
  response.once('close', () => logs.close())
  const { limitBytes } = query
  try {
    if (limitBytes === undefined) await pipeline(logs.readable, response)
    else await pipeline(logs.readable, (source) => firstBytes(source, limitBytes), response)
  } catch (error) {
    // The reader left.
    if (!response.destroyed) throw error
  }
}

interface LogQuery {
  follow: boolean
  previous: boolean
  timestamps: boolean
  since?: number
  tailLines?: number
  limitBytes?: number
  stream?: 'All' | 'Stdout' | 'Stderr'
}

export function logQuery(query: URLSearchParams, now: number): LogQuery {
  const flag = (name: string): boolean => ['true', '1', 't'].includes((query.get(name) ?? '').toLowerCase())
  const amount = (name: string, least: number): number | undefined => {
    const given = query.get(name)
    if (given === null || given === '') return undefined
    const number = Number(given)
    if (!Number.isInteger(number) || number < least)
      throw new RequestError(422, `${name}: Invalid value: ${given}: must be greater than or equal to ${least}`)
    return number
  }
  const sinceSeconds = amount('sinceSeconds', 1)
  const sinceTime = query.get('sinceTime')
  if (sinceSeconds !== undefined && sinceTime)
    throw new RequestError(422, 'at most one of `sinceTime` or `sinceSeconds` may be specified')
  const since = sinceTime ? Date.parse(sinceTime) : sinceSeconds === undefined ? undefined : now - sinceSeconds * 1000
  const tailLines = amount('tailLines', 0)
  const limitBytes = amount('limitBytes', 1)
  const stream = query.get('stream')
  return {
    follow: flag('follow'),
    previous: flag('previous'),
    timestamps: flag('timestamps'),
    ...(since === undefined ? {} : { since }),
    ...(tailLines === undefined ? {} : { tailLines }),
    ...(limitBytes === undefined ? {} : { limitBytes }),
    ...(stream === 'Stdout' || stream === 'Stderr' ? { stream } : {}),
  }
}

/** Lets so many bytes through and then ends. */
async function* firstBytes(source: AsyncIterable<Buffer>, limit: number): AsyncGenerator<Buffer> {
  let left = limit
  for await (const chunk of source) {
    yield chunk.subarray(0, left)
    left -= chunk.length
    if (left <= 0) return
  }
}
