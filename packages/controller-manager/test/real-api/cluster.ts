import { pods } from '@tandem/api/core/v1/pod'
import type { Pod } from '@tandem/api/core/v1/types'
import { startTestServer } from '@tandem/api-server/testing/server'
import { isNotFound } from '@tandem/apimachinery'
import { type Client, type ClientConfig, createClient } from '@tandem/client'
import { silentLogger, systemClock } from '@tandem/component-base'
import { startControllerManager } from '../../src/start.ts'

export interface TestCluster {
  client: Client
  config: ClientConfig
  /** Where the API server's certificates lie. */
  directory: string
  /** Does what kubelets would: pods that are not being deleted run and are ready, those being deleted go. */
  runPods(selects?: (pod: Pod) => boolean): Promise<void>
  /** Asks again until the answer is there; fails with the last fault after ten seconds. */
  eventually<T>(what: () => Promise<T>): Promise<T>
  /** The API server goes away and comes back over the same data. */
  restartServer(): Promise<void>
  /** Another controller manager beside the first, as with several control planes. Returns what stops it. */
  startAnother(): Promise<() => Promise<void>>
  stopFirst(): Promise<void>
  stop(): Promise<void>
}

/** A real API server with the controller manager on it, in this process. */
export async function startTestCluster(
  options: { controllers?: readonly string[]; settings?: Record<string, string>; leaderElect?: boolean } = {},
): Promise<TestCluster> {
  const server = await startTestServer()
  const { certificate, key, ...rest } = await server.clientConfig()
  const config: ClientConfig = { ...rest, clientCertificate: certificate, clientKey: key }
  const client = createClient(config)
  const startManager = () =>
    startControllerManager(
      {
        config,
        leaderElect: options.leaderElect ?? false,
        leaderElection: {
          namespace: 'kube-system',
          name: 'kube-controller-manager',
          leaseDurationMs: 2_000,
          renewDeadlineMs: 1_500,
          retryPeriodMs: 100,
        },
        ...(options.controllers && { controllers: options.controllers }),
        settings: { 'root-ca': rest.certificateAuthority, ...options.settings },
      },
      { logger: silentLogger, clock: systemClock },
    )
  const manager = await startManager()
  return {
    client,
    config,
    directory: server.directory,
    runPods: (selects = () => true) => runPods(client, selects),
    eventually,
    restartServer: () => server.restart(),
    async startAnother() {
      const another = await startManager()
      return () => another.stop()
    },
    stopFirst: () => manager.stop(),
    async stop() {
      await manager.stop()
      await client.close()
      await server.stop()
    },
  }
}

async function runPods(client: Client, selects: (pod: Pod) => boolean): Promise<void> {
  const { items } = await client.list(pods)
  const now = `${new Date().toISOString().slice(0, 19)}Z`
  for (const { metadata, status } of items.filter(selects)) {
    const key = { namespace: metadata.namespace, name: metadata.name }
    if (metadata.deletionTimestamp) await client.delete(pods, key, { gracePeriodSeconds: 0 }).catch(() => undefined)
    else if (status?.phase !== 'Running') {
      const conditions = [{ type: 'Ready', status: 'True', lastTransitionTime: now }]
      const body = { status: { phase: 'Running', conditions, podIP: '10.0.0.9', podIPs: [{ ip: '10.0.0.9' }] } }
      await client.patch(pods, key, { type: 'strategic', body }, { subresource: 'status' }).catch(() => undefined)
    }
  }
}

async function eventually<T>(what: () => Promise<T>): Promise<T> {
  const deadline = Date.now() + 30_000
  for (;;) {
    try {
      return await what()
    } catch (error) {
      if (Date.now() > deadline) throw error
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
  }
}

/** For `eventually`: fails until the object is gone. */
export async function isGone(get: Promise<unknown>): Promise<void> {
  try {
    await get
  } catch (error) {
    if (isNotFound(error)) return
    throw error
  }
  throw new Error('still there')
}
