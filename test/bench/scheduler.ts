import { scheduled } from './scheduling.ts'
import type { Table } from './table.ts'

const large = { cpu: '32', memory: '256Gi' }

/** As the reference was measured: 2,000 pods on 500 nodes, all waiting, and as they are made at 32 connections. */
export async function schedulerTable(): Promise<Table> {
  const [nodes, measured] = [500, { count: 2000 }]
  return {
    title: 'Scheduler, 500 nodes',
    rows: [
      ...(await scheduled({
        work: '2,000 waiting pods',
        target: '1,240 /s',
        nodes,
        shape: large,
        measured,
        waiting: true,
        memory: '60 MiB',
      })),
      ...(await scheduled({ work: 'the same, created live', target: '772 /s', nodes, shape: large, measured })),
    ],
  }
}
