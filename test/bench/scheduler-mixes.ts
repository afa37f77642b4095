import type { Pool } from 'undici'
import { send } from './load.ts'
import { makeNode, scheduled, type Workload } from './scheduling.ts'
import {
  affine,
  antiAffine,
  inTwoZones,
  node,
  podOf,
  ratherAffine,
  ratherAntiAffine,
  spread,
} from './scheduling-objects.ts'
import type { Row, Table } from './table.ts'

const nodes = 5000
const count = 2000
const oneZone = { zones: 1 }
const pods = '/api/v1/namespaces/bench/pods'

/** Upstream's workloads on 5,000 nodes: kinds of constraints on pods. Fewer pods than there, so that all take minutes together. */
const constraints: readonly Workload[] = [
  {
    work: 'required anti-affinity',
    target: '60 /s',
    nodes,
    before: { count: 1000, shape: antiAffine },
    measured: { count, shape: antiAffine },
  },
  {
    work: 'required affinity, one zone',
    target: '35 /s',
    nodes,
    shape: oneZone,
    before: { count, shape: affine },
    measured: { count, shape: affine },
  },
  {
    work: 'preferred affinity',
    target: '90 /s',
    nodes,
    before: { count, shape: ratherAffine },
    measured: { count, shape: ratherAffine },
  },
  {
    work: 'preferred anti-affinity',
    target: '90 /s',
    nodes,
    before: { count, shape: ratherAntiAffine },
    measured: { count, shape: ratherAntiAffine },
  },
  { work: 'node affinity', target: '220 /s', nodes, before: { count }, measured: { count, shape: inTwoZones } },
  {
    work: 'topology spread, required',
    target: '460 /s',
    nodes,
    before: { count },
    measured: { count, shape: spread('DoNotSchedule') },
  },
  {
    work: 'topology spread, preferred',
    target: '340 /s',
    nodes,
    before: { count },
    measured: { count, shape: spread('ScheduleAnyway') },
  },
]

const high = { priorityClassName: 'high' }
const gate = { schedulingGates: [{ name: 'example.com/wait' }] }

const later = (make: (tick: number) => object) => (pool: Pool, tick: number) => send(pool, 'POST', pods, make(tick))

/** A node, a Service and a pod that nothing fits come, and go at the next tick. */
async function churn(pool: Pool, tick: number): Promise<void> {
  const services = '/api/v1/namespaces/bench/services'
  const name = (index: number): string => `churn-${index}`
  await makeNode(pool, node(nodes + tick))
  await send(pool, 'POST', services, {
    metadata: { name: name(tick) },
    spec: { selector: { app: 'x' }, ports: [{ port: 80 }] },
  })
  await send(pool, 'POST', pods, podOf(name(tick), { cpu: '9', spec: high }))
  if (tick === 0) return
  const before = name(tick - 1)
  const gone = [`${pods}/${before}`, `${services}/${before}`, `/api/v1/nodes/node-${nodes + tick - 1}`]
  await Promise.all(gone.map((path) => send(pool, 'DELETE', path)))
}

/** What goes on beside the pods that are measured. */
const disturbances: readonly Workload[] = [
  {
    work: 'preemption five times a second',
    target: '570 /s',
    nodes,
    before: { count: 4 * nodes, shape: { cpu: '900m', memory: '500Mi' } },
    measured: { count },
    meanwhile: { everyMs: 200, act: later((tick) => podOf(`high-${tick}`, { cpu: '3', spec: high })) },
  },
  {
    work: 'five unschedulable pods more a second',
    target: '590 /s',
    nodes,
    measured: { count: 2 * count },
    meanwhile: { everyMs: 200, act: later((tick) => podOf(`never-${tick}`, { cpu: '9', spec: high })) },
  },
  {
    work: 'mixed churn',
    target: '710 /s',
    nodes,
    measured: { count: 2 * count },
    meanwhile: { everyMs: 1000, act: churn },
  },
  {
    work: '5,000 gated pods beside',
    target: '910 /s',
    nodes,
    idle: { count: 5000, shape: { spec: gate } },
    measured: { count: 2 * count },
  },
]

const inTurn = async (workloads: readonly Workload[]): Promise<Row[]> => {
  const rows: Row[] = []
  for (const workload of workloads) rows.push(...(await scheduled(workload)))
  return rows
}

export const schedulerConstraintsTable = async (): Promise<Table> => ({
  title: 'Scheduler, 5,000 nodes, by what pods ask for',
  rows: await inTurn(constraints),
})

export const schedulerDisturbancesTable = async (): Promise<Table> => ({
  title: 'Scheduler, 5,000 nodes, by what goes on beside',
  rows: await inTurn(disturbances),
})
