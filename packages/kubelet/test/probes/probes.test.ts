import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Probe } from '@tandem/api/core/v1/types'
import t from 'tap'
import { RuntimeNotFoundError } from '../../src/container-runtime/errors.ts'
import type { ContainerRuntime } from '../../src/container-runtime/runtime.ts'
import { resolvePort } from '../../src/probes/port.ts'
import { attemptProbe } from '../../src/probes/probe.ts'
import { nextProbeState, type ProbeState } from '../../src/probes/probe-state.ts'
import { container } from '../fixtures.ts'

const turns = [
  {
    name: 'three failures in a row',
    answers: [false, false, false],
    thresholds: [1, 3],
    results: ['success', 'success', 'failure'],
  },
  {
    name: 'a success in between',
    answers: [false, false, true, false, false],
    thresholds: [1, 3],
    results: ['success', 'success', 'success', 'success', 'success'],
  },
  {
    name: 'two successes are needed',
    answers: [false, true, true],
    thresholds: [2, 1],
    results: ['failure', 'failure', 'success'],
  },
] as const
for (const { name, answers, thresholds, results } of turns) {
  t.test(name, async (t) => {
    let state: ProbeState = { result: 'success', run: 0, last: undefined }
    const [successThreshold, failureThreshold] = thresholds
    const seen = answers.map((healthy) => {
      state = nextProbeState(state, healthy, { successThreshold, failureThreshold })
      return state.result
    })
    t.same(seen, results)
  })
}

const server = createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x')
  if (pathname === '/slow') return
  if (pathname === '/away') return response.writeHead(302, { location: 'http://elsewhere.invalid/' }).end()
  if (pathname === '/near') return response.writeHead(302, { location: '/ok' }).end()
  if (pathname === '/headers')
    return response.end(`${request.headers['user-agent']} ${request.headers['x-mine']} ${request.headers.host}`)
  return response.writeHead(Number(searchParams.get('code') ?? 200)).end('body')
})
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
t.teardown(() => {
  server.closeAllConnections()
  server.close()
})
const { port } = server.address() as AddressInfo

const runtime = {
  async execSync(_id: string, { command }: { command: readonly string[] }) {
    if (command[0] === 'gone') throw new RuntimeNotFoundError('no such container')
    return { exitCode: Number(command[1] ?? 0), output: 'said' }
  },
} as unknown as ContainerRuntime

const http = (path: string, more: object = {}): Probe => ({ httpGet: { path, port, ...more } })
const probes: { name: string; probe: Probe; healthy: boolean; output?: string | RegExp }[] = [
  { name: 'HTTP 200', probe: http('/ok'), healthy: true, output: 'body' },
  { name: 'HTTP 399', probe: http('/ok?code=399'), healthy: true },
  { name: 'HTTP 400', probe: http('/ok?code=400'), healthy: false, output: 'HTTP probe failed with statuscode: 400' },
  { name: 'a redirect here is followed', probe: http('/near'), healthy: true, output: 'body' },
  { name: 'a redirect away is not', probe: http('/away'), healthy: true, output: /^Probe terminated redirects/ },
  {
    name: 'headers',
    probe: http('/headers', {
      httpHeaders: [
        { name: 'x-mine', value: 'v' },
        { name: 'host', value: 'h.example' },
      ],
    }),
    healthy: true,
    output: 'kube-probe/1.36 v h.example',
  },
  {
    name: 'HTTP without an answer in time',
    probe: { ...http('/slow'), timeoutSeconds: 0.1 },
    healthy: false,
    output: /context deadline exceeded \(Client\.Timeout exceeded while awaiting headers\)$/,
  },
  { name: 'a port that listens', probe: { tcpSocket: { port } }, healthy: true },
  {
    name: 'a port that does not',
    probe: { tcpSocket: { port: 1 } },
    healthy: false,
    output: 'dial tcp 127.0.0.1:1: connect: connection refused',
  },
  { name: 'a command that succeeds', probe: { exec: { command: ['x', '0'] } }, healthy: true, output: 'said' },
  { name: 'a command that fails', probe: { exec: { command: ['x', '1'] } }, healthy: false, output: 'said' },
  {
    name: 'a container that is gone',
    probe: { exec: { command: ['gone'] } },
    healthy: false,
    output: 'no such container',
  },
]
for (const { name, probe, healthy, output } of probes) {
  t.test(name, async (t) => {
    const outcome = await attemptProbe({
      probe,
      container: container('main'),
      containerId: 'c',
      podIP: '127.0.0.1',
      runtime,
    })
    t.equal(outcome.healthy, healthy)
    if (output !== undefined) t.match(outcome.output, output)
  })
}

t.test('ports by number, by name, by numeric text', async (t) => {
  const ports = { ports: [{ name: 'http', containerPort: 8080 }] }
  t.same([resolvePort(80, ports), resolvePort('http', ports), resolvePort('81', ports)], [80, 8080, 81])
  t.throws(() => resolvePort('none', ports), { message: /couldn't find port: "none"/ })
  t.throws(() => resolvePort(0, ports), { message: 'invalid port number: 0' })
})
