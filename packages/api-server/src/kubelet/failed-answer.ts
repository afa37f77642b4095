import type { IncomingMessage } from 'node:http'
import { badRequest, type GroupResource, internalError, StatusError, type StatusReason } from '@tandem/apimachinery'

const maxLength = 10_000

export interface Asked extends GroupResource {
  name: string
}

/** What a kubelet refused with plain text, as the failure that Kubernetes tells of: its own words for what the client did wrong. */
export async function failureOf(answer: IncomingMessage, asked: Asked): Promise<StatusError> {
  const { statusCode = 502 } = answer
  const text = await textOf(answer)
  if (statusCode === 400) return badRequest(text)
  if (statusCode === 500) return internalError(new Error(text))
  const { group, resource, name } = asked
  const [reason, message] = known[statusCode] ?? unknown(statusCode, text)
  return new StatusError({
    code: statusCode,
    reason,
    message: `${message} ( ${resource}${group && `.${group}`} ${name})`,
    details: { name, group, kind: resource },
  })
}

const known: Readonly<Record<number, [reason: StatusReason, message: string]>> = {
  401: ['Unauthorized', 'the server has asked for the client to provide credentials'],
  404: ['NotFound', 'the server could not find the requested resource'],
  405: ['MethodNotAllowed', 'the server does not allow this method on the requested resource'],
  422: ['Invalid', 'the server rejected our request due to an error in our request'],
  429: ['TooManyRequests', 'the server has received too many requests and has asked us to try again later'],
  503: ['ServiceUnavailable', 'the server is currently unable to handle the request'],
  504: [
    'Timeout',
    'the server was unable to return a response in the time allotted, but may still be processing the request',
  ],
}

function unknown(code: number, text: string): [reason: StatusReason, message: string] {
  if (code === 403) return ['Forbidden', text]
  return code >= 500
    ? ['InternalError', `an error on the server (${JSON.stringify(text)}) has prevented the request from succeeding`]
    : ['', `the server responded with the status code ${code} but did not return more information`]
}

async function textOf(answer: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  let length = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    length += chunk.length
    if (length >= maxLength) break
  }
  return Buffer.concat(chunks).subarray(0, maxLength).toString()
}
