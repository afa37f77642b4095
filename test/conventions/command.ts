import { type SpawnSyncReturns, spawnSync } from 'node:child_process'

/** Runs a program as a shell would: what the test runner tells Node to load into its own processes is not meant for this one. */
export function runCommand(program: string, args: readonly string[]): SpawnSyncReturns<string> {
  const { NODE_OPTIONS: _, ...env } = process.env
  return spawnSync(program, args, { encoding: 'utf8', env })
}
