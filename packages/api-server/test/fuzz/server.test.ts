import { request as overHttps } from 'node:https'
import fc from 'fast-check'
import t from 'tap'
import { startTestServer } from '../../src/testing/server.ts'
import { accept, type Body, body, patch, path, query } from './generators.ts'
import { samples } from './samples.ts'
import { collectionOf, kinds, typedObject } from './typed-objects.ts'

/**
 * No input is answered with a 500, and none hangs or ends the server. The same inputs every time; for more and others:
 * `FUZZ_RUNS=20000 FUZZ_SEED=7 node packages/api-server/test/fuzz/server.test.ts`
 */
const numRuns = Number(process.env.FUZZ_RUNS ?? 120)
const seed = Number(process.env.FUZZ_SEED ?? 42)

const faults: string[] = []
const logger = {
  info() {},
  debug() {},
  warn() {},
  error: (fault: unknown) => void faults.push(shown(fault)),
  child: () => logger,
}
const server = await startTestServer({ logger: logger as never })
const { certificate: cert, key, certificateAuthority: ca } = await server.clientConfig()
t.teardown(() => server.stop())
t.setTimeout(0)

const patience = 20_000

interface Asked {
  method: string
  path: string
  headers?: Record<string, string> | undefined
  body?: Buffer | undefined
}

/** Sends a path as it is: other clients would tidy it. */
const ask = ({ method, path: target, headers = {}, body: bytes }: Asked): Promise<{ code: number; text: string }> =>
  new Promise((resolve, reject) => {
    const url = new URL(server.url)
    const request = overHttps(
      {
        host: url.hostname,
        port: url.port,
        method,
        path: target,
        headers: { ...headers, ...(bytes && { 'content-length': bytes.length }) },
        cert,
        key,
        ca,
        timeout: patience,
      },
      (answer) => {
        const parts: Buffer[] = []
        answer.on('data', (part: Buffer) => void parts.push(part))
        answer.on('end', () => resolve({ code: answer.statusCode ?? 0, text: Buffer.concat(parts).toString() }))
        answer.on('error', reject)
      },
    )
    request.on('timeout', () => request.destroy(new Error(`${method} ${target}: no answer`)))
    request.on('error', reject)
    request.end(bytes)
  })

const shown = (value: unknown): string =>
  value instanceof Error ? (value.stack ?? value.message) : String((value as { err?: Error }).err?.stack ?? value)

async function isAnswered(asked: Asked): Promise<void> {
  faults.length = 0
  const { code, text } = await ask(asked)
  if (code >= 100 && code < 500) return
  const sent = asked.body ? ` ${asked.body.toString('latin1').slice(0, 2000)}` : ''
  throw new Error(`${asked.method} ${asked.path}${sent}: ${code} ${text.slice(0, 400)}\n${faults[0]?.slice(0, 800)}`)
}

const check = async <T>(inputs: fc.Arbitrary<T>, asks: (input: T) => Asked, runs = numRuns): Promise<void> =>
  fc.assert(
    fc.asyncProperty(inputs, (input) => isAnswered(asks(input))),
    { seed, numRuns: runs, endOnFailure: process.env.FUZZ_SHRINK === undefined },
  )

const withQuery = (target: string, text: string): string => (text ? `${target}?${text}` : target)
const names = new Map(samples.map(({ path: target, object }) => [target, (object.metadata as { name: string }).name]))
const itemOf = (target: string): string => `${target}/${names.get(target)}`
const headersOf = ({ type }: Body, accepts: string) => ({ 'content-type': type, accept: accepts })

const asJson = { 'content-type': 'application/json' }

/** Objects for the others to change. */
const restore = () =>
  Promise.all(
    samples.map(({ path: target, object }) =>
      ask({
        method: 'POST',
        path: target,
        headers: { 'content-type': 'application/json' },
        body: Buffer.from(JSON.stringify(object)),
      }),
    ),
  )

t.test('objects as they should be are taken', async (t) => {
  // Pods need one, and no controller runs here that would make it.
  await ask({
    method: 'POST',
    path: '/api/v1/namespaces/default/serviceaccounts',
    headers: asJson,
    body: Buffer.from('{"metadata":{"name":"default"}}'),
  })
  for (const { code, text } of await restore()) t.equal(code, 201, code === 201 ? 'created' : text)
})

t.test('bodies of creations', async () => {
  await check(fc.tuple(body, query, accept), ([sent, text, accepts]) => ({
    method: 'POST',
    path: withQuery(sent.path, text),
    headers: headersOf(sent, accepts),
    body: sent.bytes,
  }))
})

t.test('objects of every kind with nothing in them', async () => {
  for (const definition of kinds)
    for (const object of [
      {},
      { metadata: { name: 'empty' } },
      { metadata: { generateName: 'g-' } },
      { metadata: { name: 'empty' }, spec: {}, status: {} },
    ])
      await isAnswered({
        method: 'POST',
        path: collectionOf(definition),
        headers: asJson,
        body: Buffer.from(JSON.stringify(object)),
      })
})

t.test('objects of every kind, made from its schema', async () => {
  await check(
    fc.tuple(typedObject, fc.constantFrom('POST', 'POST', 'PUT', 'PATCH', 'APPLY')),
    ([{ definition, object }, how]) => ({
      method: how === 'APPLY' ? 'PATCH' : how,
      path:
        how === 'POST'
          ? collectionOf(definition)
          : `${collectionOf(definition)}/${(object.metadata as { name?: string }).name ?? 'n1'}?fieldManager=f`,
      headers:
        how === 'APPLY'
          ? { 'content-type': 'application/apply-patch+yaml' }
          : how === 'PATCH'
            ? { 'content-type': 'application/merge-patch+json' }
            : asJson,
      body: Buffer.from(JSON.stringify(object)),
    }),
    numRuns * 4,
  )
})

t.test('tables of what came of it', async () => {
  for (const definition of kinds)
    await isAnswered({
      method: 'GET',
      path: collectionOf(definition),
      headers: { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json' },
    })
})

t.test('bodies of updates', async () => {
  await check(
    fc.tuple(body, query, accept, fc.constantFrom('', '', '/status', '/scale')),
    ([sent, text, accepts, sub]) => ({
      method: 'PUT',
      path: withQuery(itemOf(sent.path) + sub, text),
      headers: headersOf(sent, accepts),
      body: sent.bytes,
    }),
  )
})

t.test('patches of all kinds', async () => {
  await restore()
  await check(
    fc.tuple(patch, query, accept, fc.constantFrom('', '', '/status', '/scale')),
    ([sent, text, accepts, sub]) => ({
      method: 'PATCH',
      path: withQuery(itemOf(sent.path) + sub, sent.type.includes('apply') ? `fieldManager=f&${text}` : text),
      headers: headersOf(sent, accepts),
      body: sent.bytes,
    }),
  )
})

t.test('lists and reads: selectors, tables, media types', async () => {
  await restore()
  await check(
    fc.tuple(fc.constantFrom(...samples), query, accept, fc.boolean()),
    ([{ path: target }, text, accepts, one]) => ({
      method: 'GET',
      path: withQuery(one ? itemOf(target) : target, text),
      headers: { accept: accepts },
    }),
  )
})

t.test('watches', async () => {
  await check(
    fc.tuple(fc.constantFrom(...samples), query, accept),
    ([{ path: target }, text, accepts]) => ({
      method: 'GET',
      // A version that is to come is waited for; a watch that begins ends at once.
      path: withQuery(
        target,
        `${text.replace(/resourceVersion=[^&]*|timeoutSeconds=[^&]*/g, '')}&watch=true&timeoutSeconds=1`,
      ),
      headers: { accept: accepts },
    }),
    Math.min(5, numRuns),
  )
})

t.test('deletions and their options', async () => {
  await check(fc.tuple(body, query, fc.jsonValue({ maxDepth: 2 }), fc.boolean()), ([sent, text, options, whole]) => ({
    method: 'DELETE',
    path: withQuery(itemOf(sent.path), text),
    headers: { 'content-type': 'application/json' },
    body: whole
      ? sent.bytes
      : Buffer.from(
          JSON.stringify({
            kind: 'DeleteOptions',
            apiVersion: 'v1',
            gracePeriodSeconds: options,
            preconditions: options,
          }),
        ),
  }))
})

t.test('paths', async () => {
  await check(
    fc.tuple(path, fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'), query),
    ([target, method, text]) => ({
      method,
      path: withQuery(target, text),
    }),
  )
})

t.test('headers', async () => {
  const latin = fc
    .string({
      unit: fc
        .integer({ min: 0x20, max: 0xff })
        .filter((code) => code !== 0x7f)
        .map((code) => String.fromCharCode(code)),
    })
    .map((text) => text.trim())
  const header = fc.constantFrom(
    'accept',
    'content-type',
    'if-none-match',
    'accept-encoding',
    'user-agent',
    'impersonate-user',
    'impersonate-group',
    'impersonate-extra-a%2fb',
    'impersonate-uid',
    'authorization',
  )
  await check(
    fc.tuple(fc.array(fc.tuple(header, latin), { maxLength: 4 }), fc.constantFrom(...samples), fc.boolean()),
    ([headers, { path: target, object }, write]) => ({
      method: write ? 'POST' : 'GET',
      path: target,
      headers: Object.fromEntries(headers),
      ...(write && { body: Buffer.from(JSON.stringify(object)) }),
    }),
  )
})

t.test('the server is still well, and nothing has changed what all objects share', async (t) => {
  t.equal((await ask({ method: 'GET', path: '/readyz' })).code, 200)
  t.equal(({} as Record<string, unknown>).polluted, undefined)
  t.equal((await ask({ method: 'GET', path: '/api/v1/configmaps' })).code, 200)
})
