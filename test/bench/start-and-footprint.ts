import { setTimeout } from 'node:timers/promises'
import { type ControlPlane, prepareControlPlane } from './control-plane.ts'
import { answersAt, connect } from './load.ts'
import { processorTime, proportionalSetSize } from './processes.ts'
import { mebibytes, milliseconds, type Row, type Table } from './table.ts'

const settle = 15_000
const idle = 20_000

/** API server, controller-manager and scheduler in processes of their own, from nothing. */
export async function startTable(): Promise<Table> {
  const prepared = await prepareControlPlane()
  const started = performance.now()
  const plane = prepared.start()
  const pool = connect(plane, 1)
  try {
    const ready = await answersAt(pool, '/readyz', started)
    const atWork = await answersAt(pool, '/api/v1/namespaces/default/serviceaccounts/default', started)
    const spent = spentBy(plane)
    await setTimeout(settle)
    return {
      title: 'Start and footprint of a control plane',
      rows: [
        { work: 'from nothing to API ready', target: '500 ms', figure: milliseconds(ready) },
        { work: 'to all controllers at work', target: '1000 ms', figure: milliseconds(atWork) },
        { work: 'processor time until then', target: '', figure: milliseconds(spent) },
        ...memory(plane),
        await processor(plane),
      ],
    }
  } finally {
    await pool.destroy()
    await plane.stop()
  }
}

function memory({ processes }: ControlPlane): Row[] {
  const sizes = [...processes].map(([name, pid]) => ({ name, bytes: proportionalSetSize(pid) }))
  return [
    ...sizes.map(({ name, bytes }) => ({ work: `memory idle: ${name}`, target: '', figure: mebibytes(bytes) })),
    {
      work: 'memory idle: together',
      target: '200 MiB',
      figure: mebibytes(sizes.reduce((sum, { bytes }) => sum + bytes, 0)),
    },
  ]
}

async function processor(plane: ControlPlane): Promise<Row> {
  const before = spentBy(plane)
  await setTimeout(idle)
  const share = (spentBy(plane) - before) / idle
  return { work: 'processor idle', target: '0.5%', figure: `${(share * 100).toFixed(2)}% of a core` }
}

const spentBy = ({ processes }: ControlPlane): number =>
  [...processes.values()].reduce((sum, pid) => sum + processorTime(pid), 0)
