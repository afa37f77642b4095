import { scheduled } from './scheduling.ts'
import type { Table } from './table.ts'

const nodes = 5000
const large = { cpu: '32', memory: '256Gi' }

/** As upstream measures it: pods made while the scheduler runs, on 5,000 nodes. */
export async function schedulerBasicTable(): Promise<Table> {
  return {
    title: 'Scheduler, 5,000 nodes, 10,000 pods',
    rows: [
      ...(await scheduled({
        work: 'basic, created live',
        target: '2,040 /s',
        nodes,
        before: { count: 1000 },
        measured: { count: 10_000 },
        memory: '',
      })),
      ...(await scheduled({
        work: 'the same, all waiting',
        target: '2,040 /s',
        nodes,
        before: { count: 0 },
        measured: { count: 10_000 },
        waiting: true,
      })),
    ],
  }
}

/** A table of its own: it takes minutes. */
export async function schedulerLargeTable(): Promise<Table> {
  return {
    title: 'Scheduler, 5,000 nodes, 50,000 pods',
    rows: await scheduled({
      work: 'basic, created live',
      target: '2,430 /s',
      nodes,
      shape: large,
      before: { count: 1000 },
      measured: { count: 50_000 },
      memory: '',
    }),
  }
}
