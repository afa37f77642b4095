import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, openSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { join } from 'node:path'
import type { Clock } from '@tandem/component-base'
import { runCommand } from '@tandem/netfilter'
import { readFileIfThere } from '../files.ts'
import { identify, isAlive, type ProcessIdentity } from '../supervisor/process-identity.ts'
import { endProcess } from '../supervisor/supervisor.ts'
import { hasProgram } from './programs.ts'
import { type HostBeforeService, hostBeforeService, removeServiceTraces } from './service-traces.ts'

/** How the engine came to run: found running, started as a system service, or started by us as a process of its own. */
export type EngineStart =
  | { by: 'found' }
  | { by: 'systemd'; before: HostBeforeService }
  | { by: 'process'; identity: ProcessIdentity }

export class EngineError extends Error {
  readonly code = 'ENGINE_UNAVAILABLE'
}

const systemSocket = '/var/run/docker.sock'

/** The engine's socket: from `DOCKER_HOST` where it names one, else the usual place. */
export function engineSocket(environment: NodeJS.ProcessEnv = process.env): string {
  const host = environment.DOCKER_HOST
  if (host === undefined) return systemSocket
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
  /** Where an engine that we start keeps its log, and its data unless they are the system's. */
  directory: string
  socketPath: string
  clock: Clock
}

/**
 * Finds a running Docker engine or starts one. A process of ours makes no bridge and no rules of its own: pods are wired by CNI, and so
 * it leaves nothing behind when it is stopped.
 */
export async function ensureEngine(options: EngineOptions): Promise<EngineStart> {
  const { socketPath, clock } = options
  if (await engineAnswers(socketPath)) return { by: 'found' }
  if (!(await hasProgram('dockerd')))
    throw new EngineError('no Docker engine: dockerd is not installed (apt-get install docker.io)')
  const start = existsSync('/run/systemd/system') ? await startService() : await startProcess(options)
  await waitUntilItAnswers(socketPath, start, clock, options.directory)
  return start
}

async function startService(): Promise<EngineStart> {
  const before = await hostBeforeService()
  await runCommand('systemctl', ['start', 'docker'])
  return { by: 'systemd', before }
}

async function startProcess({ directory, socketPath, clock }: EngineOptions): Promise<EngineStart> {
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  await forgetContainerd(directory, clock)
  const log = openSync(join(directory, 'dockerd.log'), 'a', 0o600)
  const args = ['--host', `unix://${socketPath}`, '--bridge=none', '--iptables=false', '--ip6tables=false']
  if (!usesSystemData(directory, socketPath)) args.push(...ownPlaces(directory))
  const child = spawn('dockerd', args, { detached: true, stdio: ['ignore', log, log] })
  child.unref()
  const identity = child.pid && identify(child.pid)
  if (!identity) throw new EngineError('dockerd could not be started')
  return { by: 'process', identity }
}

const ownData = (directory: string): string => join(directory, 'data')

const runDirectory = (directory: string): string => join(directory, 'run')

/** An engine that was killed takes its containerd with it, a moment later; the next one would wait for the dying one, in vain. */
async function forgetContainerd(directory: string, clock: Clock): Promise<void> {
  const pidFile = join(runDirectory(directory), 'containerd', 'containerd.pid')
  const pid = Number(readFileIfThere(pidFile))
  if (!pid) return
  const deadline = clock.monotonic() + 5_000
  while (identify(pid) && clock.monotonic() < deadline) await clock.sleep(50)
  rmSync(pidFile, { force: true })
}

/** The system's engine, where it was used or configured before, is started with what it holds: a user's images are there. */
function usesSystemData(directory: string, socketPath: string): boolean {
  if (socketPath !== systemSocket || existsSync(ownData(directory))) return false
  return existsSync('/etc/docker/daemon.json') || holdsFiles('/var/lib/docker')
}

function holdsFiles(directory: string): boolean {
  return existsSync(directory) && readdirSync(directory).length > 0
}

/** Any other engine keeps everything below the root, so that a purge removes it, and is in the way of no engine started later. */
function ownPlaces(directory: string): string[] {
  const configuration = join(directory, 'daemon.json')
  if (!existsSync(configuration)) writeFileSync(configuration, '{}\n')
  return [
    `--config-file=${configuration}`,
    `--data-root=${ownData(directory)}`,
    `--exec-root=${runDirectory(directory)}`,
    // Ours is start.json, which tells a process from a later one of the same number.
    `--pidfile=`,
  ]
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
  if (start.by === 'systemd') {
    await runCommand('systemctl', ['stop', 'docker', 'docker.socket']).catch(() => '')
    await removeServiceTraces(start.before)
  }
  if (start.by === 'process') await endProcess(start.identity, clock)
}
