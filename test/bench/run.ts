import { parseArgs } from 'node:util'
import { apiServerTable } from './api-server.ts'
import { controllersTable } from './controllers.ts'
import { etcdTable } from './etcd.ts'
import { growthTable } from './growth.ts'
import { longListsTable } from './long-lists.ts'
import { schedulerTable } from './scheduler.ts'
import { schedulerBasicTable, schedulerLargeTable } from './scheduler-at-scale.ts'
import { schedulerConstraintsTable, schedulerDisturbancesTable } from './scheduler-mixes.ts'
import { startTable } from './start-and-footprint.ts'
import { format, type Table } from './table.ts'

/**
 * `npm run bench [-- start api scheduler …]`: each table with its targets, in some minutes. Loopback only, a folder of its own, no root.
 * Binaries are those of `npm run build` where that was run, else the sources.
 */
const tables: Readonly<Record<string, () => Promise<Table>>> = {
  start: startTable,
  api: apiServerTable,
  lists: longListsTable,
  growth: growthTable,
  etcd: etcdTable,
  scheduler: schedulerTable,
  'scheduler-basic': schedulerBasicTable,
  'scheduler-large': schedulerLargeTable,
  'scheduler-constraints': schedulerConstraintsTable,
  'scheduler-disturbances': schedulerDisturbancesTable,
  controllers: controllersTable,
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))

const { positionals } = parseArgs({ allowPositionals: true })
for (const name of positionals.length > 0 ? positionals : Object.keys(tables)) {
  const measure = tables[name]
  if (!measure) throw new Error(`there is no table ${name}; there are ${Object.keys(tables).join(', ')}`)
  process.stdout.write(`${format(await measure())}\n`)
}
