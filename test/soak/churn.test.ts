import { setTimeout as sleep } from 'node:timers/promises'
import { daemonSets } from '@tandem/api/apps/v1/daemonset'
import { deployments } from '@tandem/api/apps/v1/deployment'
import { replicaSets } from '@tandem/api/apps/v1/replicaset'
import { statefulSets } from '@tandem/api/apps/v1/statefulset'
import { jobs } from '@tandem/api/batch/v1/job'
import { configMaps } from '@tandem/api/core/v1/configmap'
import { namespaces } from '@tandem/api/core/v1/namespace'
import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import { serviceAccounts } from '@tandem/api/core/v1/serviceaccount'
import type { KubernetesObject, ResourceDefinition } from '@tandem/apimachinery'
import { type Client, createClient } from '@tandem/client'
import t from 'tap'
import { freePorts, prepareControlPlane } from '../bench/control-plane.ts'
import { proportionalSetSize } from '../bench/processes.ts'
import { Churn } from './churn.ts'
import { differences, type Found } from './differences.ts'
import { Random } from './random.ts'
import { killAtRandom, Replica } from './replicas.ts'

/** Seconds of churn. What a user does in an hour comes in about a minute. */
const seconds = Number(process.env.SOAK_SECONDS ?? 120)
const seed = Number(process.env.SOAK_SEED ?? Date.now() % 1_000_000)
const simulatedNodes = 20
/** For all to become calm, in seconds. */
const patience = 180

t.setTimeout((seconds + patience + 120) * 1000)

t.test(`after ${seconds} s of churn and kills the cluster is what is wanted, seed ${seed}`, async (t) => {
  const prepared = await prepareControlPlane({ simulatedNodes })
  const plane = prepared.start(['apiserver', 'simulated-nodes'])
  t.teardown(() => plane.stop())
  const [one, two, three, four] = await freePorts(4)
  const replicas = [
    new Replica(plane.plan, 'controller-manager', one),
    new Replica(plane.plan, 'controller-manager', two),
    new Replica(plane.plan, 'scheduler', three),
    new Replica(plane.plan, 'scheduler', four),
  ]
  for (const replica of replicas) replica.start()
  t.teardown(() => Promise.all(replicas.map((replica) => replica.kill())))
  const { ca, cert, key } = plane.credentials
  const client = createClient({
    server: `https://127.0.0.1:${plane.plan.ports.apiServer}`,
    certificateAuthority: ca,
    clientCertificate: cert,
    clientKey: key,
  })
  t.teardown(() => client.close())
  await until(async () => (await client.list(nodes)).items.length === simulatedNodes)
  await until(() => client.get(serviceAccounts, { namespace: 'default', name: 'default' }))

  const ending = new AbortController()
  const churn = new Churn(client, new Random(seed))
  const memory: number[] = []
  const sampling = setInterval(() => memory.push(sizeOf(plane.processes)), 1000)
  const kills = killAtRandom(replicas, new Random(seed + 1), ending.signal)
  const timer = globalThis.setTimeout(() => ending.abort(), seconds * 1000)
  await churn.run(ending.signal).finally(() => ending.abort())
  clearTimeout(timer)
  clearInterval(sampling)
  t.comment(`${churn.steps} steps, ${await kills} kills`)

  await churn.reopen()
  const wanted = [...churn.wanted.values()]
  let left: string[] = []
  await until(async () => {
    left = differences(wanted, churn.namespaces, await foundBy(client))
    return left.length === 0
  }).catch(() => undefined)
  if (left.length > 0) for (const replica of replicas) t.comment(`${replica.name}\n${replica.tail()}`)
  t.same(left, [])
  // Calm is a state that lasts.
  const calm = await foundBy(client)
  await sleep(5000)
  t.same(versions(await foundBy(client)), versions(calm), 'and nothing moves any more')

  const early = Math.max(...memory.slice(0, memory.length / 3))
  const late = Math.min(...memory.slice((memory.length * 2) / 3))
  t.comment(`API server: ${(early / 2 ** 20).toFixed(0)} MiB at first, ${(late / 2 ** 20).toFixed(0)} MiB in the end`)
  t.ok(late < 1.5 * early, 'memory does not grow')
})

const sizeOf = (processes: ReadonlyMap<string, number>): number => proportionalSetSize(processes.get('apiserver') ?? 0)

async function foundBy(client: Client): Promise<Found> {
  const all = async <T extends KubernetesObject>(definition: ResourceDefinition<T>): Promise<T[]> =>
    (await client.list(definition)).items
  return {
    pods: await all(pods),
    replicaSets: await all(replicaSets),
    deployments: await all(deployments),
    statefulSets: await all(statefulSets),
    daemonSets: await all(daemonSets),
    jobs: await all(jobs),
    configMaps: await all(configMaps),
    namespaces: await all(namespaces),
    nodes: await all(nodes),
  }
}

/** Of all that a controller writes. Nodes are told of by their own heartbeat. */
const versions = ({ nodes: _, ...found }: Found): string[] =>
  Object.values(found)
    .flat()
    .map(({ metadata }) => `${metadata.uid} ${metadata.resourceVersion}`)
    .sort()

async function until(isSo: () => Promise<unknown>): Promise<void> {
  for (let second = 0; second < patience; second++) {
    if (await isSo().catch(() => false)) return
    await sleep(1000)
  }
  throw new Error(`not so after ${patience} s`)
}
