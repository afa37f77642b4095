import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { binaryCommand } from '@tandem/cluster/binaries'
import { type ComponentName, componentsOf } from '@tandem/cluster/components'
import type { ClusterPlan } from '@tandem/cluster/plan'
import type { Random } from './random.ts'

/** Short, so that a successor takes over in seconds and many take over in a run. */
const election = [
  '--leader-elect=true',
  '--leader-elect-lease-duration=6s',
  '--leader-elect-renew-deadline=4s',
  '--leader-elect-retry-period=1s',
]

/** One of several processes of a component, of which one leads at a time. */
export class Replica {
  readonly name: string
  readonly #program: string
  readonly #args: string[]
  readonly #environment: NodeJS.ProcessEnv
  readonly #log: string
  #process: ChildProcess | undefined

  constructor(plan: ClusterPlan, component: ComponentName, port: number) {
    const spec = componentsOf(plan).find(({ name }) => name === component)
    if (!spec) throw new Error(`the plan has no ${component}`)
    const { program, args } = binaryCommand(spec.binary)
    const own = spec.args.filter((argument) => !/^--(leader-elect|secure-port)=/.test(argument))
    this.name = `${component} on ${port}`
    this.#program = program
    this.#args = [...args, ...own, `--secure-port=${port}`, '--bind-address=127.0.0.1', ...election]
    this.#environment = { ...process.env, ...spec.environment }
    this.#log = join(plan.directory, `${component}-${port}.log`)
  }

  /** The last lines of its log. */
  tail(): string {
    return readFileSync(this.#log, 'utf8').split('\n').slice(-6).join('\n')
  }

  start(): void {
    const log = openSync(this.#log, 'a')
    this.#process = spawn(this.#program, this.#args, { stdio: ['ignore', log, log], env: this.#environment })
  }

  async kill(): Promise<void> {
    const { exitCode, signalCode } = this.#process ?? {}
    if (!this.#process || exitCode !== null || signalCode !== null) return
    const exit = once(this.#process, 'exit')
    this.#process.kill('SIGKILL')
    await exit
  }
}

/** Kills one or the other, now and then two at once, and starts it again after a while, until told to stop. Resolves to how often. */
export async function killAtRandom(replicas: readonly Replica[], random: Random, signal: AbortSignal): Promise<number> {
  let kills = 0
  while (!signal.aborted) {
    await sleep(random.between(2000, 7000), undefined, { signal }).catch(() => undefined)
    const victims = random.some(replicas, random.chance(0.25) ? 2 : 1)
    for (const victim of victims) await victim.kill()
    kills += victims.length
    await sleep(random.between(0, 3000))
    for (const victim of victims) victim.start()
  }
  return kills
}
