import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, openSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import type { Clock } from '@tandem/component-base'
import { runCommand } from '@tandem/netfilter'
import { identify, isAlive, type ProcessIdentity } from '../supervisor/process-identity.ts'
import { endProcess } from '../supervisor/supervisor.ts'
import { hasProgram } from './programs.ts'

/** How the engine came to run: found running, started as a system service, or started by us as a process of its own. */
export type EngineStart = { by: 'found' } | { by: 'systemd' } | { by: 'process'; identity: ProcessIdentity }

export class EngineError extends Error {
  readonly code = 'ENGINE_UNAVAILABLE'
}

/** The engine's socket: from `DOCKER_HOST` where it names one, else the usual place. */
export function engineSocket(environment: NodeJS.ProcessEnv = process.env): string {
  const host = environment.DOCKER_HOST
  if (host === undefined) return '/var/run/docker.sock'
  if (host.startsWith('unix://')) return host.slice('unix://'.length)
  throw new EngineError(`DOCKER_HOST is ${host}; only an engine on this host (unix://…) can run pods`)
}

export const engineAnswers = (socketPath: string): Promise<boolean> =>
  new Promise((resolve) => {
    const request = get({ socketPath, path: '/_ping', timeout: 2000 }, (response) => {
      response.resume()
      resolve(response.statusCode === 200)
    })
    request.on('error', () => resolve(false))
    request.on('timeout', () => request.destroy())
  })

export interface EngineOptions {
  /** Where an engine that we start keeps its log. */
  directory: string
  socketPath: string
  clock: Clock
}

/**
 * Finds a running Docker engine or starts one. One that we start makes no bridge and no rules of its own: pods are wired by CNI, and so
 * it leaves nothing behind when it is stopped.
 */
export async function ensureEngine(options: EngineOptions): Promise<EngineStart> {
  const { socketPath, clock } = options
  if (await engineAnswers(socketPath)) return { by: 'found' }
  if (!(await hasProgram('dockerd')))
    throw new EngineError('no Docker engine: dockerd is not installed (apt-get install docker.io)')
  const start = existsSync('/run/systemd/system') ? await startService() : startProcess(options)
  await waitUntilItAnswers(socketPath, start, clock, options.directory)
  return start
}

async function startService(): Promise<EngineStart> {
  await runCommand('systemctl', ['start', 'docker'])
  return { by: 'systemd' }
}

function startProcess({ directory, socketPath }: EngineOptions): EngineStart {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const log = openSync(join(directory, 'dockerd.log'), 'a', 0o600)
  const args = ['--host', `unix://${socketPath}`, '--bridge=none', '--iptables=false', '--ip6tables=false']
  const child = spawn('dockerd', args, { detached: true, stdio: ['ignore', log, log] })
  child.unref()
  const identity = child.pid && identify(child.pid)
  if (!identity) throw new EngineError('dockerd could not be started')
  return { by: 'process', identity }
}

async function waitUntilItAnswers(
  socketPath: string,
  start: EngineStart,
  clock: Clock,
  directory: string,
): Promise<void> {
  const deadline = clock.monotonic() + 60_000
  while (!(await engineAnswers(socketPath))) {
    const died = start.by === 'process' && !isAlive(start.identity)
    if (died) throw new EngineError(`dockerd ended as it started; its log is ${join(directory, 'dockerd.log')}`)
    if (clock.monotonic() > deadline) throw new EngineError(`the Docker engine does not answer at ${socketPath}`)
    await clock.sleep(50)
  }
}

/** Stops an engine that `up` started; leaves one that was there. */
export async function stopEngine(start: EngineStart, clock: Clock): Promise<void> {
  if (start.by === 'systemd') await runCommand('systemctl', ['stop', 'docker', 'docker.socket']).catch(() => '')
  if (start.by === 'process') await endProcess(start.identity, clock)
}
