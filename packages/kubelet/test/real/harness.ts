import { randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import type { Pod } from '@tandem/api/core/v1/types'
import { startTestServer, type TestServer } from '@tandem/api-server/testing/server'
import type { New } from '@tandem/apimachinery'
import { type Client, createClient } from '@tandem/client'
import { createLogger, type Logger, silentLogger, systemClock } from '@tandem/component-base'
import { openIptables, removeChains } from '@tandem/netfilter'
import Docker from 'dockerode'
import { clusterLabel } from '../../src/container-runtime/docker/labels.ts'
import { flags, optionsOf } from '../../src/flags.ts'
import { type RunningKubelet, startKubelet } from '../../src/kubelet.ts'
import type { KubeletOptions } from '../../src/options.ts'
import { importBusybox, removeHostTraces } from './image.ts'

/** A real kubelet on the real engine beside a real API server, everything named by a tag of its own and removed at the end. */
export interface Harness {
  readonly tag: string
  readonly image: string
  readonly server: TestServer
  readonly client: Client
  readonly docker: Docker
  readonly nodeName: string
  readonly options: KubeletOptions
  readonly kubelet: RunningKubelet
  restartKubelet(): Promise<void>
  createPod(name: string, spec: Partial<Pod['spec']>, metadata?: Partial<Pod['metadata']>): Promise<Pod>
  pod(name: string): Promise<Pod>
  /** Waits until the pod is as the condition wants it; fails with the pod's status when it takes too long. */
  waitFor(name: string, condition: (pod: Pod) => boolean, timeoutMs?: number): Promise<Pod>
  waitForGone(name: string, timeoutMs?: number): Promise<void>
  containers(): Promise<Docker.ContainerInfo[]>
  eventsOf(name: string): Promise<{ reason: string; message: string; type: string }[]>
  stop(): Promise<void>
}

export async function startHarness(overrides: Partial<KubeletOptions> = {}): Promise<Harness> {
  const tag = `kt${randomBytes(3).toString('hex')}`
  const logger: Logger = process.env.KUBELET_TEST_LOG ? createLogger({ component: 'test', verbosity: 2 }) : silentLogger
  const server = await startTestServer({})
  const client = createClient({ ...asClientConfig(await server.clientConfig()) }, systemClock)
  const docker = new Docker()
  const directory = await mkdtemp(join(tmpdir(), `${tag}-`))
  const image = await importBusybox(directory, `${tag}:1`)
  const nodeName = `node-${tag}`
  const second = 16 + Math.floor(Math.random() * 200)
  const podCIDR = `10.222.${second}.0/24`
  await client.create(nodes, { metadata: { name: nodeName }, spec: { podCIDR, podCIDRs: [podCIDR] } })
  for (const namespace of ['default', 'kube-node-lease']) await ensureNamespace(client, namespace)
  await client.request({
    method: 'POST',
    path: '/api/v1/namespaces/default/serviceaccounts',
    body: { metadata: { name: 'default' } },
  })
  const options: KubeletOptions = {
    ...optionsOf(defaultFlags()),
    kubeconfig: await server.kubeconfig({
      name: `system:node:${nodeName}`,
      groups: ['system:nodes'],
    }),
    clusterName: tag,
    rootDir: join(directory, 'kubelet'),
    podLogDir: join(directory, 'log'),
    nodeName,
    nodeIP: '127.0.0.1',
    port: 0,
    healthzPort: undefined,
    clientCAFile: join(server.directory, 'ca.crt'),
    tlsCertFile: join(server.directory, 'apiserver.crt'),
    tlsPrivateKeyFile: join(server.directory, 'apiserver.key'),
    clusterDNS: ['10.96.0.10'],
    bridgeName: tag,
    cgroupRoot: `/${tag}`,
    // The engine that the docker command and dockerode find: on a lab host, not the machine's own.
    dockerSocket: (process.env.DOCKER_HOST ?? '/var/run/docker.sock').replace(/^unix:\/\//, ''),
    chainPrefix: tag.toUpperCase().slice(0, 7),
    ...overrides,
  }
  let kubelet = await startKubelet(options, { logger, clock: systemClock })

  const get = (name: string) => client.get(pods, { namespace: 'default', name })
  const until = async <T>(what: string, look: () => Promise<T | undefined>, timeoutMs: number): Promise<T> => {
    const deadline = Date.now() + timeoutMs
    for (;;) {
      const found = await look()
      if (found !== undefined) return found
      if (Date.now() > deadline) throw new Error(`${what} took longer than ${timeoutMs} ms`)
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
  }
  const containers = () => docker.listContainers({ all: true, filters: { label: [`${clusterLabel}=${tag}`] } })

  return {
    tag,
    image,
    server,
    client,
    docker,
    nodeName,
    options,
    get kubelet() {
      return kubelet
    },
    async restartKubelet() {
      await kubelet.stop()
      kubelet = await startKubelet(options, { logger, clock: systemClock })
    },
    createPod: (name, spec, metadata = {}) =>
      client.create(pods, {
        metadata: { name, namespace: 'default', ...metadata },
        spec: {
          nodeName,
          terminationGracePeriodSeconds: 2,
          containers: [
            { name: 'main', image, command: ['sh', '-c', 'trap exit TERM; while :; do sleep 1 & wait; done'] },
          ],
          automountServiceAccountToken: false,
          ...spec,
        },
      } as New<Pod>),
    pod: get,
    async waitFor(name, condition, timeoutMs = 15_000) {
      let last: Pod | undefined
      try {
        return await until(
          name,
          async () => {
            last = await get(name)
            return condition(last) ? last : undefined
          },
          timeoutMs,
        )
      } catch (error) {
        throw new Error(`${String(error)}\n${JSON.stringify(last?.status, undefined, 1)}`)
      }
    },
    async waitForGone(name, timeoutMs = 15_000) {
      await until(
        `deletion of ${name}`,
        () =>
          get(name).then(
            () => undefined,
            () => true,
          ),
        timeoutMs,
      )
    },
    containers,
    async eventsOf(name) {
      const list = await client.request<{
        items: { involvedObject: { name: string }; reason: string; message: string; type: string }[]
      }>({
        path: '/api/v1/namespaces/default/events',
      })
      return list.items.filter((event) => event.involvedObject.name === name)
    },
    async stop() {
      for (const { metadata } of (await client.list(pods, { namespace: 'default' })).items)
        await client.delete(pods, metadata, { gracePeriodSeconds: 0 }).catch(() => {})
      await until(
        'removal of containers',
        async () => ((await containers()).length === 0 ? true : undefined),
        15_000,
      ).catch(() => {})
      await kubelet.stop()
      for (const { Id } of await containers()) await docker.getContainer(Id).remove({ force: true })
      await client.close()
      await server.stop()
      await docker
        .getImage(image)
        .remove({ force: true })
        .catch(() => {})
      await removeHostState(tag, options)
      await rm(directory, { recursive: true, force: true })
    },
  }
}

const asClientConfig = (config: {
  server: string
  certificateAuthority: string
  certificate: string
  key: string
}) => ({
  server: config.server,
  certificateAuthority: config.certificateAuthority,
  clientCertificate: config.certificate,
  clientKey: config.key,
})

function defaultFlags(): Parameters<typeof optionsOf>[0] {
  const values: Record<string, unknown> = {}
  for (const [name, flag] of Object.entries(flags) as [string, { type: string; default?: unknown }][])
    values[name] = flag.type === 'list' ? [] : flag.type === 'duration' ? 10_000 : flag.default
  return values as Parameters<typeof optionsOf>[0]
}

async function ensureNamespace(client: Client, name: string): Promise<void> {
  await client.request({ method: 'POST', path: '/api/v1/namespaces', body: { metadata: { name } } }).catch(() => {})
}

async function removeHostState(tag: string, options: KubeletOptions): Promise<void> {
  removeHostTraces(tag)
  await removeChains(await openIptables(), (chain) => chain.startsWith(`${options.chainPrefix}-`)).catch(() => {})
}

export const isRunning = (pod: Pod): boolean => pod.status?.phase === 'Running'
export const isReady = (pod: Pod): boolean =>
  pod.status?.conditions?.find(({ type }) => type === 'Ready')?.status === 'True'
