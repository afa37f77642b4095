import { setTimeout } from 'node:timers/promises'
import type { Pool } from 'undici'
import { type ControlPlane, prepareControlPlane } from './control-plane.ts'
import { answersAt, connect, rateOf, send } from './load.ts'
import { configMap } from './objects.ts'
import { processorTime, proportionalSetSize } from './processes.ts'
import { count, mebibytes, milliseconds, type Row, type Table } from './table.ts'

const simulatedNodes = 100
const replicas = 5000
const settle = 5000
const patience = 150_000
const label = 'tandem.dev/simulated-node'

const deployment = {
  metadata: { name: 'crowd' },
  spec: {
    replicas: 0,
    selector: { matchLabels: { app: 'crowd' } },
    template: {
      metadata: { labels: { app: 'crowd' } },
      spec: {
        nodeSelector: { [label]: 'true' },
        tolerations: [{ key: label, operator: 'Exists' }],
        containers: [
          { name: 'app', image: 'registry.example/app:1', resources: { requests: { cpu: '100m', memory: '64Mi' } } },
        ],
      },
    },
  },
}

/** Controllers, scheduler and simulated nodes, each in its process. */
export async function controllersTable(): Promise<Table> {
  const prepared = await prepareControlPlane({ simulatedNodes })
  const plane = prepared.start(['apiserver', 'controller-manager', 'scheduler', 'simulated-nodes'])
  const pool = connect(plane)
  try {
    await answersAt(pool, '/api/v1/namespaces/default/serviceaccounts/default', performance.now())
    await answersAt(pool, `/api/v1/nodes/simulated-${simulatedNodes - 1}`, performance.now())
    await setTimeout(settle)
    const idle = sizeOf(plane, 'controller-manager')
    return {
      title: 'Controllers',
      rows: [
        { work: 'memory of the controller-manager, idle', target: '57 MiB', figure: idle },
        ...(await scaled(plane, pool)),
        await namespaceDeleted(plane, pool),
        await garbageCollected(plane, pool),
        {
          work: 'memory of the controller-manager after that',
          target: '',
          figure: sizeOf(plane, 'controller-manager'),
        },
      ],
    }
  } finally {
    await pool.destroy()
    await plane.stop()
  }
}

const sizeOf = ({ processes }: ControlPlane, name: string): string =>
  mebibytes(proportionalSetSize(processes.get(name) ?? 0))

async function scaled(plane: ControlPlane, pool: Pool): Promise<Row[]> {
  await send(pool, 'POST', '/apis/apps/v1/namespaces/default/deployments', deployment)
  const used = usage(plane)
  const started = performance.now()
  const path = '/apis/apps/v1/namespaces/default/deployments/crowd'
  const pods = '/api/v1/namespaces/default/pods?limit=1&'
  await send(pool, 'PATCH', path, { spec: { replicas } })
  const figures: Record<string, string> = {}
  const rate = (): string => `${count((replicas * 1000) / (performance.now() - started))} /s`
  await until(async () => (await numberOf(pool, pods)) >= replicas)
  figures.created = rate()
  await until(async () => (await numberOf(pool, `${pods}fieldSelector=spec.nodeName%3D&`)) === 0)
  figures.bound = rate()
  await until(
    async () => (JSON.parse((await send(pool, 'GET', path)).toString()).status.readyReplicas ?? 0) >= replicas,
  )
  figures.ready = rate()
  const cpu = used(replicas)
  const back = usage(plane)
  const again = performance.now()
  await send(pool, 'PATCH', path, { spec: { replicas: 0 } })
  await until(async () => (await numberOf(pool, pods)) === 0)
  const work = `Deployment from 0 to ${count(replicas)} on ${simulatedNodes} simulated nodes`
  return [
    {
      work,
      target: '500 /s created and bound',
      figure: `${figures.created} created, ${figures.bound} bound, ${figures.ready} ready; CPU a pod: ${cpu}`,
    },
    {
      work: 'and back to 0',
      target: '',
      figure: `${count((replicas * 1000) / (performance.now() - again))} /s; CPU a pod: ${back(replicas)}`,
    },
  ]
}

async function namespaceDeleted(plane: ControlPlane, pool: Pool): Promise<Row> {
  const objects = 5000
  await send(pool, 'POST', '/api/v1/namespaces', { metadata: { name: 'full' } })
  await rateOf(objects, (index) => send(pool, 'POST', '/api/v1/namespaces/full/configmaps', configMap(`map-${index}`)))
  const used = usage(plane)
  const started = performance.now()
  await send(pool, 'DELETE', '/api/v1/namespaces/full')
  await until(async () => !(await there(pool, '/api/v1/namespaces/full')))
  const took = performance.now() - started
  return {
    work: `a namespace of ${count(objects)} objects deleted`,
    target: '',
    figure: `${milliseconds(took)}; CPU an object: ${used(objects)}`,
  }
}

async function garbageCollected(plane: ControlPlane, pool: Pool): Promise<Row> {
  const dependents = 10_000
  const path = '/api/v1/namespaces/default/configmaps'
  const { metadata } = JSON.parse((await send(pool, 'POST', path, configMap('owner'))).toString())
  const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: metadata.uid }]
  await rateOf(dependents, (index) =>
    send(pool, 'POST', path, { metadata: { name: `owned-${index}`, labels: { owned: 'yes' }, ownerReferences } }),
  )
  const used = usage(plane)
  const started = performance.now()
  await send(pool, 'DELETE', `${path}/owner`, { propagationPolicy: 'Background' })
  await until(async () => (await numberOf(pool, `${path}?limit=1&labelSelector=owned&`)) === 0)
  const took = performance.now() - started
  const figure = `${count((dependents * 1000) / took)} /s; CPU an object: ${used(dependents)}`
  return { work: `${count(dependents)} dependents of an object that is deleted`, target: '', figure }
}

/** How many objects a list has, without reading more than one of them. */
async function numberOf(pool: Pool, path: string): Promise<number> {
  const { items, metadata } = JSON.parse((await send(pool, 'GET', path)).toString())
  return items.length + (metadata.remainingItemCount ?? 0)
}

const there = (pool: Pool, path: string): Promise<boolean> =>
  send(pool, 'GET', path).then(
    () => true,
    (error: Error) => {
      if (!error.message.includes(': 404 ')) throw error
      return false
    },
  )

async function until(condition: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + patience
  while (!(await condition())) {
    if (performance.now() > deadline) throw new Error(`not done after ${patience / 1000} s`)
    await setTimeout(250)
  }
}

/** The processor time that each process takes from now on, by operation. */
function usage({ processes }: ControlPlane): (operations: number) => string {
  const before = new Map([...processes].map(([name, pid]) => [name, processorTime(pid)]))
  return (operations) =>
    [...processes]
      .map(([name, pid]) => [name, (processorTime(pid) - (before.get(name) ?? 0)) / operations] as const)
      .filter(([, each]) => each >= 0.005)
      .map(([name, each]) => `${name} ${each.toFixed(2)} ms`)
      .join(', ')
}
