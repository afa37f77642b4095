import { createServer, type Socket } from 'node:net'
import { Server, ServerCredentials, type ServerUnaryCall, status } from '@grpc/grpc-js'
import type { Probe } from '@tandem/api/core/v1/types'
import protobuf from 'protobufjs'
import t from 'tap'
import type { ContainerRuntime } from '../../src/container-runtime/runtime.ts'
import { attemptProbe } from '../../src/probes/probe.ts'
import { container } from '../fixtures.ts'

const { root } = protobuf.parse(`
  syntax = "proto3";
  package grpc.health.v1;
  message HealthCheckRequest { string service = 1; }
  message HealthCheckResponse {
    enum ServingStatus { UNKNOWN = 0; SERVING = 1; NOT_SERVING = 2; SERVICE_UNKNOWN = 3; }
    ServingStatus status = 1;
  }`)
const [asked, answered] = ['HealthCheckRequest', 'HealthCheckResponse'].map((name) =>
  root.lookupType(`grpc.health.v1.${name}`),
) as [protobuf.Type, protobuf.Type]
const writer = (type: protobuf.Type) => (value: object) => Buffer.from(type.encode(type.create(value)).finish())
const reader = (type: protobuf.Type) => (bytes: Buffer) => type.decode(bytes)

const long = 'x'.repeat(200)
const states: Record<string, number> = { '': 1, web: 1, [long]: 1, down: 2, starting: 0 }
const agents = new Set<string>()

/** A health service as protobuf's own tools make it. */
async function startServer(services: 'health' | 'none'): Promise<number> {
  const server = new Server()
  const check = (
    { request, metadata }: ServerUnaryCall<{ service: string }, object>,
    answer: (error: object | null, value?: object) => void,
  ) => {
    agents.add(String(metadata.get('user-agent')[0]))
    const state = states[request.service]
    if (request.service === 'never') return
    if (state === undefined) answer({ code: status.NOT_FOUND, details: 'unknown service' })
    else answer(null, { status: state })
  }
  if (services === 'health')
    server.addService(
      {
        Check: {
          path: '/grpc.health.v1.Health/Check',
          requestStream: false,
          responseStream: false,
          requestSerialize: writer(asked),
          requestDeserialize: reader(asked),
          responseSerialize: writer(answered),
          responseDeserialize: reader(answered),
        },
      },
      { Check: check },
    )
  t.teardown(() => server.forceShutdown())
  return new Promise((resolve, reject) =>
    server.bindAsync('127.0.0.1:0', ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  )
}

const healthPort = await startServer('health')
const otherPort = await startServer('none')
const sockets = new Set<Socket>()
const silent = createServer((socket) => sockets.add(socket))
await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
t.teardown(() => {
  for (const socket of sockets) socket.destroy()
  silent.close()
})
const silentPort = (silent.address() as { port: number }).port

const ask = (probe: Probe) =>
  attemptProbe({
    probe,
    container: container('main'),
    containerId: 'c',
    podIP: '127.0.0.1',
    runtime: {} as ContainerRuntime,
  })

const probes: { name: string; port?: number; service?: string; healthy: boolean; output: RegExp }[] = [
  { name: 'no service named', healthy: true, output: /^service healthy$/ },
  { name: 'a service that serves', service: 'web', healthy: true, output: /^service healthy$/ },
  { name: 'a service with a long name', service: long, healthy: true, output: /^service healthy$/ },
  {
    name: 'a service that does not serve',
    service: 'down',
    healthy: false,
    output: /^service unhealthy \(responded with "NOT_SERVING"\)$/,
  },
  {
    name: 'a service that does not know yet',
    service: 'starting',
    healthy: false,
    output: /^service unhealthy \(responded with "UNKNOWN"\)$/,
  },
  {
    name: 'a service that is not there',
    service: 'other',
    healthy: false,
    output: /^error: health rpc probe failed: .*unknown service/,
  },
  {
    name: 'a server without health checks',
    port: otherPort,
    healthy: false,
    output: /^error: this server does not implement the grpc health protocol \(grpc\.health\.v1\.Health\): /,
  },
  { name: 'a service that never answers', service: 'never', healthy: false, output: /^timeout: .* within 1s/ },
  { name: 'a port where nobody speaks gRPC', port: silentPort, healthy: false, output: /^timeout: .* within 1s/ },
  { name: 'a port where nobody listens', port: 1, healthy: false, output: /^error: failed to connect service at "127/ },
]
for (const { name, port = healthPort, service, healthy, output } of probes)
  t.test(name, async (t) => {
    const outcome = await ask({ grpc: { port, ...(service === undefined ? {} : { service }) } })
    t.equal(outcome.healthy, healthy)
    t.match(outcome.output, output)
  })

t.test('the server is told who asks', async (t) => {
  for (const agent of agents) t.match(agent, /^kube-probe\/1\.36 /)
})
