import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient, loadKubeconfig } from '@tandem/client'
import { startControlPlane } from '@tandem/cluster/control-plane'
import { planClusters } from '@tandem/cluster/plan'
import { silentLogger, systemClock } from '@tandem/component-base'

export interface StartClusterOptions {
  /** Where the cluster keeps its data; a directory of its own, removed by `stop`, unless given. */
  directory?: string
}

/** A control plane in this process: what an integration test of an operator or a controller needs. */
export interface TestCluster {
  url: string
  /** The path of a kubeconfig with admin credentials. */
  kubeconfig: string
  client: Client
  stop(): Promise<void>
}

/** Starts API server, controllers and scheduler on free loopback ports. Pods are scheduled to whatever Node objects the test makes. */
export async function startCluster({ directory }: StartClusterOptions = {}): Promise<TestCluster> {
  const root = directory ?? (await mkdtemp(join(tmpdir(), 'tandem-cluster-')))
  // The advertised address is what `default/kubernetes` names; it must not be loopback, and nothing in this process uses it.
  const host = { hostname: 'test', address: '192.0.2.1', cpus: 1, memoryBytes: 2 ** 30 }
  const [plan] = planClusters({ root, host, clusters: ['staging'] })
  if (!plan) throw new Error('a plan for one cluster')
  const controlPlane = await startControlPlane(
    { ...plan, ports: { ...plan.ports, apiServer: 0 } },
    { logger: silentLogger, clock: systemClock },
  )
  const client = createClient(await loadKubeconfig(controlPlane.kubeconfig))
  const stop = async (): Promise<void> => {
    await client.close()
    await controlPlane.stop()
    if (directory === undefined) await rm(root, { recursive: true, force: true })
  }
  let stopped: Promise<void> | undefined
  return {
    url: controlPlane.url,
    kubeconfig: controlPlane.kubeconfig,
    client,
    stop() {
      stopped ??= stop()
      return stopped
    },
  }
}
