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
  /** Does what kubelets would: pods that are not being deleted run and are ready, those being deleted go. */
  runPods(selects?: (pod: Pod) => boolean): Promise<void>
  /** Asks again until the answer is there; fails with the last fault after ten seconds. */
  eventually<T>(what: () => Promise<T>): Promise<T>
  stop(): Promise<void>
}

/** A real API server with the controller manager on it, in this process. */
export async function startTestCluster(
  options: { controllers?: readonly string[]; settings?: Record<string, string> } = {},
): Promise<TestCluster> {
  const server = await startTestServer()
  const { certificate, key, ...rest } = await server.clientConfig()
  const config: ClientConfig = { ...rest, clientCertificate: certificate, clientKey: key }
  const client = createClient(config)
  const manager = await startControllerManager(
    {
      config,
      leaderElect: false,
      ...(options.controllers && { controllers: options.controllers }),
      settings: { 'root-ca': rest.certificateAuthority, ...options.settings },
    },
    { logger: silentLogger, clock: systemClock },
  )
  return {
    client,
    config,
    runPods: (selects = () => true) => runPods(client, selects),
    eventually,
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
  const deadline = Date.now() + 10_000
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
