import { spawn } from 'node:child_process'
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock, Logger } from '@tandem/component-base'
import type { ComponentSpec } from '../components.ts'
import { createRestartBackoff } from './backoff.ts'
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts'

export interface SupervisorOptions {
  components: readonly ComponentSpec[]
  /** Where `<component>.pid` files go. */
  runDirectory: string
  logDirectory: string
  /** The program and arguments that start a binary by its name. */
  command(binary: string): { program: string; args: string[] }
  logger: Logger
  clock: Clock
  /** Called with the pid of each process it starts, to put it where it belongs. */
  placed(pid: number): Promise<void>
}

export interface Supervisor {
  /** Stops every component, in the opposite order of their start. */
  stop(): Promise<void>
}

/** Logs larger than this are moved to `<component>.log.1` when the component starts. */
const logLimit = 32 << 20
const stopGrace = 15_000

/**
 * Keeps one process per component running. Processes of an earlier supervisor that died without stopping them are ended first: what
 * they did for pods (containers, rules, data) does not depend on them, and two of one kind must never run.
 */
export async function startSupervisor(options: SupervisorOptions): Promise<Supervisor> {
  const { components, runDirectory, logDirectory, logger, clock } = options
  for (const directory of [runDirectory, logDirectory]) mkdirSync(directory, { recursive: true, mode: 0o700 })
  await endLeftovers(runDirectory, components, clock)

  const stopping = new AbortController()
  const running = new Map<string, ProcessIdentity>()

  const keep = async (component: ComponentSpec): Promise<void> => {
    const backoff = createRestartBackoff()
    while (!stopping.signal.aborted) {
      const startedAt = clock.monotonic()
      // A log that cannot be opened, on a disk that is full, must not end the supervisor.
      const exit = await runOnce(component).catch((error: Error) => ({ error: error.message }))
      running.delete(component.name)
      if (stopping.signal.aborted) return
      const delay = backoff.next(clock.monotonic() - startedAt)
      logger.warn({ component: component.name, ...exit, restartIn: delay }, 'component ended')
      await clock.sleep(delay, stopping.signal).catch(() => undefined)
    }
  }

  const runOnce = (
    component: ComponentSpec,
  ): Promise<{ exitCode: number | null; signal: string | null; error?: string }> =>
    new Promise((resolve) => {
      const log = openLog(join(logDirectory, `${component.name}.log`))
      const { program, args } = options.command(component.binary)
      const child = spawn(program, [...args, ...component.args], {
        stdio: ['ignore', log, log],
        detached: true,
        env: { ...process.env, ...component.environment },
      })
      closeSync(log)
      child.once('error', (error) => resolve({ exitCode: null, signal: null, error: error.message }))
      child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }))
      const identity = child.pid && identify(child.pid)
      if (!identity) return
      running.set(component.name, identity)
      try {
        writePid(runDirectory, component.name, identity)
      } catch (error) {
        logger.warn({ component: component.name, error }, 'its process is not recorded')
      }
      options
        .placed(identity.pid)
        .catch((error: Error) =>
          logger.warn({ component: component.name, reason: error.message }, 'not placed in its cgroup'),
        )
      if (stopping.signal.aborted) child.kill('SIGTERM')
    })

  const loops = components.map(keep)
  return {
    async stop() {
      stopping.abort(new Error('supervisor stops'))
      for (const component of [...components].reverse()) {
        const identity = running.get(component.name)
        if (identity) await endProcess(identity, clock)
        rmSync(pidFile(runDirectory, component.name), { force: true })
      }
      await Promise.all(loops)
    },
  }
}

const pidFile = (directory: string, name: string): string => join(directory, `${name}.pid`)

export function writePid(directory: string, name: string, identity: ProcessIdentity): void {
  writeFileSync(pidFile(directory, name), JSON.stringify(identity), { mode: 0o600 })
}

/** The process a pid file names, if it still runs. */
export function readPid(directory: string, name: string): ProcessIdentity | undefined {
  try {
    const identity = JSON.parse(readFileSync(pidFile(directory, name), 'utf8')) as ProcessIdentity
    return isAlive(identity) ? identity : undefined
  } catch {
    return undefined
  }
}

/** SIGTERM, then SIGKILL when the grace is over; resolves when the process is gone. */
export async function endProcess(identity: ProcessIdentity, clock: Clock, grace: number = stopGrace): Promise<void> {
  const deadline = clock.monotonic() + grace
  signalProcess(identity, 'SIGTERM')
  while (isAlive(identity)) {
    if (clock.monotonic() > deadline) signalProcess(identity, 'SIGKILL')
    await clock.sleep(20)
  }
}

function signalProcess(identity: ProcessIdentity, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (!isAlive(identity)) return
  try {
    process.kill(identity.pid, signal)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error
  }
}

async function endLeftovers(runDirectory: string, components: readonly ComponentSpec[], clock: Clock): Promise<void> {
  const leftovers = components
    .map((component) => readPid(runDirectory, component.name))
    .filter((identity) => identity !== undefined)
  await Promise.all(leftovers.map((identity) => endProcess(identity, clock)))
}

function openLog(path: string): number {
  if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) > logLimit) renameSync(path, `${path}.1`)
  return openSync(path, 'a', 0o600)
}
