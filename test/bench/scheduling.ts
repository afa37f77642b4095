import { setTimeout } from 'node:timers/promises'
import type { Pool } from 'undici'
import { type ControlPlane, prepareControlPlane } from './control-plane.ts'
import { answersAt, connect, rateOf, send } from './load.ts'
import { processorTime, proportionalSetSize } from './processes.ts'
import { type NodeShape, node, type PodShape, podOf } from './scheduling-objects.ts'
import { count, mebibytes, milliseconds, percentile, type Row } from './table.ts'

export interface Workload {
  work: string
  target: string
  nodes: number
  shape?: NodeShape
  /** Pods that are bound before anything is measured. */
  before?: { count: number; shape?: PodShape }
  /** Pods that no node takes, made before. */
  idle?: { count: number; shape: PodShape }
  /** The pods whose bindings are measured. */
  measured: { count: number; shape?: PodShape }
  /** They all wait before the scheduler starts; else they are made while it runs. */
  waiting?: boolean
  /** Done again and again while they are bound. */
  meanwhile?: { everyMs: number; act(pool: Pool, tick: number): Promise<unknown> }
  /** Where the memory of the scheduler is of interest. */
  memory?: string
}

const namespace = 'bench'
const pods = `/api/v1/namespaces/${namespace}/pods`
const patience = 120_000

/** An API server and a scheduler, each in its process, and how fast pods come to be bound, from the first to the last. */
export async function scheduled(workload: Workload): Promise<Row[]> {
  const plane = (await prepareControlPlane()).start(['apiserver'])
  const pool = connect(plane)
  try {
    await answersAt(pool, '/readyz', performance.now())
    await prepare(pool, workload)
    return await measure(plane, pool, workload)
  } finally {
    await pool.destroy()
    await plane.stop()
  }
}

async function prepare(pool: Pool, { nodes, shape }: Workload): Promise<void> {
  await send(pool, 'POST', '/api/v1/namespaces', { metadata: { name: namespace } })
  // No controller runs that would make it, and pods need one.
  await send(pool, 'POST', `/api/v1/namespaces/${namespace}/serviceaccounts`, { metadata: { name: 'default' } })
  const high = { metadata: { name: 'high' }, value: 10 }
  await send(pool, 'POST', '/apis/scheduling.k8s.io/v1/priorityclasses', high)
  await rateOf(nodes, (index) => makeNode(pool, node(index, shape)))
}

/** A new node is tainted until a controller has seen that it is well; none runs. */
export async function makeNode(pool: Pool, object: object): Promise<void> {
  const { metadata } = JSON.parse((await send(pool, 'POST', '/api/v1/nodes', object)).toString())
  await send(pool, 'PATCH', `/api/v1/nodes/${metadata.name}`, { spec: { taints: null } })
}

async function measure(plane: ControlPlane, pool: Pool, workload: Workload): Promise<Row[]> {
  const { work, target, before, idle, measured, waiting = false, meanwhile } = workload
  const bound = await followBindings(plane, pool)
  try {
    if (!waiting) plane.add('scheduler')
    const make = (prefix: string, group: { count: number; shape?: PodShape }, created?: Map<string, number>) =>
      rateOf(group.count, async (index) => {
        const name = `${prefix}-${index}`
        await send(pool, 'POST', pods, podOf(name, group.shape))
        created?.set(name, performance.now())
      })
    if (before) {
      await make('before', before)
      await bound.until('before', before.count)
    }
    if (idle) await make('idle', idle)
    const created = new Map<string, number>()
    const acting = meanwhile && repeat(pool, meanwhile)
    let spent = usage(plane)
    if (waiting) {
      await make('measured', measured, created)
      spent = usage(plane)
      plane.add('scheduler')
      spent.set('scheduler', 0)
    } else await make('measured', measured, created)
    await bound.until('measured', measured.count)
    const used = usage(plane)
    await acting?.stop()
    const times = [...bound.of('measured').values()].sort((a, b) => a - b)
    const [first = 0, last = 0] = [times[0], times.at(-1)]
    const perSecond = ((times.length - 1) * 1000) / (last - first)
    const each = (name: string): string =>
      `${(((used.get(name) ?? 0) - (spent.get(name) ?? 0)) / times.length).toFixed(2)} ms`
    const delays = [...bound.of('measured')].map(([name, at]) => at - (created.get(name) ?? at))
    const delay = waiting
      ? ''
      : `p50 ${milliseconds(percentile(delays, 0.5))}, p99 ${milliseconds(percentile(delays, 0.99))}, `
    const missing = times.length < measured.count ? `, ${count(measured.count - times.length)} not bound` : ''
    const figure = `${count(perSecond)} /s, ${delay}CPU of scheduler ${each('scheduler')}, of API server ${each('apiserver')}${missing}`
    return [
      { work, target, figure },
      ...(workload.memory
        ? [{ work: 'memory of the scheduler', target: workload.memory, figure: schedulerMemory(plane) }]
        : []),
    ]
  } finally {
    await bound.stop()
  }
}

const schedulerMemory = ({ processes }: ControlPlane): string =>
  mebibytes(proportionalSetSize(processes.get('scheduler') ?? 0))

const usage = ({ processes }: ControlPlane): Map<string, number> =>
  new Map([...processes].map(([name, pid]) => [name, processorTime(pid)]))

function repeat(pool: Pool, { everyMs, act }: NonNullable<Workload['meanwhile']>): { stop(): Promise<void> } {
  const stopped = new AbortController()
  const running = (async () => {
    for (let tick = 0; !stopped.signal.aborted; tick++) {
      await act(pool, tick)
      await setTimeout(everyMs, undefined, { signal: stopped.signal }).catch(() => undefined)
    }
  })()
  return {
    async stop() {
      stopped.abort()
      await running
    },
  }
}

/** Sees on one watch when each pod gets its node. Pods of a group have names that begin with it. */
async function followBindings(plane: ControlPlane, pool: Pool) {
  const { metadata } = JSON.parse((await send(pool, 'GET', `${pods}?limit=1`)).toString())
  const connection = connect(plane, 1)
  const groups = new Map<string, Map<string, number>>()
  const groupOf = (name: string): Map<string, number> => {
    const group = groups.get(name) ?? new Map<string, number>()
    groups.set(name, group)
    return group
  }
  const { body } = await connection.request({
    method: 'GET',
    path: `${pods}?watch=true&fieldSelector=spec.nodeName!%3D&resourceVersion=${metadata.resourceVersion}`,
  })
  let rest = ''
  // Destroyed at the end, by us.
  body.on('error', () => undefined)
  body.on('data', (chunk: Buffer) => {
    const now = performance.now()
    const lines = (rest + chunk.toString('latin1')).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      const [, name = '', group = ''] = /"name":"((\w+)-\d+)"/.exec(line) ?? []
      const known = groupOf(group)
      if (line.startsWith('{"type":"ADDED"') && !known.has(name)) known.set(name, now)
    }
  })
  return {
    of: groupOf,
    async until(group: string, wanted: number): Promise<void> {
      for (
        const deadline = performance.now() + patience;
        groupOf(group).size < wanted && performance.now() < deadline;
      )
        await setTimeout(5)
    },
    stop: () => connection.destroy(),
  }
}
