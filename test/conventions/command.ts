import { type SpawnSyncReturns, spawnSync } from 'node:child_process'

/**
 * Runs a program without what the test runner has Node load into every process: it puts that back into the environment of each child,
 * so a shell takes it away.
 */
export const runCommand = (program: string, args: readonly string[]): SpawnSyncReturns<string> =>
  spawnSync('sh', ['-c', 'unset NODE_OPTIONS; exec "$@"', 'sh', program, ...args], { encoding: 'utf8' })
