/**
 * Writes to a store from many sides until it is killed, and prints each write once it is acknowledged: `key revision generation`.
 * Arguments: directory, number of the run, after how many writes to kill itself (never unless given), how many times larger values are.
 */
import { writeSync } from 'node:fs'
import { LevelBackend } from '../../src/level/level-backend.ts'

const [directory = '', run = '0', writes = 'never', factor = '1'] = process.argv.slice(2)
let left = Number(writes)
// History is forgotten all the time, so that a crash also hits compaction.
const backend = await LevelBackend.open({ directory, interval: 5, retention: { milliseconds: 50, bytes: 1 << 20 } })

const bytes = (generation: number, size: number): Uint8Array =>
  Buffer.from(`${generation} ${'x'.repeat(size * Number(factor))}`)
const acknowledged = (key: string, revision: number, generation: number | 'gone'): void => {
  writeSync(1, `${key} ${revision} ${generation}\n`)
  if (--left === 0) process.kill(process.pid, 'SIGKILL')
}

async function writer(name: string): Promise<never> {
  for (let turn = 0; ; turn++) {
    const key = `/w/${run}-${name}-${turn}`
    let { revision } = await backend.create(key, bytes(0, 100))
    acknowledged(key, revision, 0)
    for (let generation = 1; generation <= 5; generation++) {
      revision = (await backend.update(key, bytes(generation, 100 * generation), revision)).revision
      acknowledged(key, revision, generation)
    }
    if (turn % 2 === 1) {
      revision = (await backend.delete(key, revision)).revision
      acknowledged(key, revision, 'gone')
    }
  }
}

await Promise.all(Array.from({ length: 16 }, (_, i) => writer(String(i))))
