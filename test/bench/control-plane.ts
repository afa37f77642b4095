import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { binaryCommand } from '@tandem/cluster/binaries'
import { type ComponentName, type ComponentSpec, componentsOf } from '@tandem/cluster/components'
import { ensureEncryptionConfig } from '@tandem/cluster/encryption'
import { writeKubeconfigs } from '@tandem/cluster/kubeconfigs'
import { ensurePki } from '@tandem/cluster/pki'
import { type ClusterPlan, planClusters } from '@tandem/cluster/plan'

/** An API server, a controller-manager and a scheduler, each in its process, with the arguments that `up` gives them. */
export interface ControlPlane {
  plan: ClusterPlan
  processes: ReadonlyMap<string, number>
  /** Credentials of the admin and the authority that signed the server's. */
  credentials: { ca: string; cert: string; key: string }
  /** Starts one more of its processes. */
  add(name: ComponentName): void
  stop(): Promise<void>
}

const names: readonly ComponentName[] = ['apiserver', 'controller-manager', 'scheduler']

/**
 * Keys and kubeconfigs are made before; what is timed after is the processes alone. On loopback, in a folder of its own. Where
 * `BENCH_CPU_PROFILE` names a folder, each process leaves its profile there.
 */
export async function prepareControlPlane(changes: Partial<ClusterPlan> = {}): Promise<{
  plan: ClusterPlan
  start(only?: readonly ComponentName[]): ControlPlane
}> {
  const root = mkdtempSync(join(tmpdir(), 'tandem-bench-'))
  const [prepared] = planClusters({
    root,
    // Told to clients in Endpoints, which refuse loopback; nothing here dials it.
    host: { hostname: 'bench', address: '192.0.2.1', cpus: 2, memoryBytes: 2 ** 33 },
    clusters: ['prod'],
  })
  if (!prepared) throw new Error('no plan')
  const [apiServer, controllerManager, scheduler, simulatedNodes] = await freePorts(4)
  const ports = { ...prepared.ports, apiServer, controllerManager, scheduler, simulatedNodes }
  const plan: ClusterPlan = { ...prepared, ...changes, ports }
  mkdirSync(plan.directory, { recursive: true })
  await ensurePki(plan)
  ensureEncryptionConfig(plan)
  writeKubeconfigs(plan)
  const pki = (file: string): string => readFileSync(join(plan.directory, 'pki', file), 'utf8')
  return {
    plan,
    start(only = names) {
      const children: ChildProcess[] = []
      const processes = new Map<string, number>()
      const add = (name: ComponentName): void => {
        const spec = componentsOf(plan).find((candidate) => candidate.name === name)
        if (!spec) throw new Error(`the plan has no ${name}`)
        const child = launch(plan, spec)
        children.push(child)
        processes.set(name, child.pid ?? 0)
      }
      for (const name of only) add(name)
      // A run that is broken off leaves nothing running.
      const abandon = (): void => {
        for (const child of children) child.kill('SIGKILL')
        rmSync(root, { recursive: true, force: true })
      }
      process.once('exit', abandon)
      const stop = async (): Promise<void> => {
        for (const child of children.toReversed()) await ended(child)
        rmSync(root, { recursive: true, force: true })
        process.off('exit', abandon)
      }
      const credentials = { ca: pki('ca.crt'), cert: pki('admin.crt'), key: pki('admin.key') }
      return { plan, processes, credentials, add, stop }
    },
  }
}

function launch(plan: ClusterPlan, { name, binary, args, environment }: ComponentSpec): ChildProcess {
  const { program, args: before } = binaryCommand(binary)
  const log = openSync(join(plan.directory, `${name}.log`), 'w')
  const onLoopback = args.map((argument) => argument.replace('--bind-address=0.0.0.0', '--bind-address=127.0.0.1'))
  const env = { ...process.env, ...environment }
  const profile = process.env.BENCH_CPU_PROFILE
  const profiling = profile
    ? ['--cpu-prof', `--cpu-prof-name=${name}-${Date.now()}.cpuprofile`, `--cpu-prof-dir=${profile}`]
    : []
  return spawn(program, [...profiling, ...before, ...onLoopback], { stdio: ['ignore', log, log], env })
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 60_000)
  await exit
  clearTimeout(timer)
}

export async function freePorts(count: 4): Promise<[number, number, number, number]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1')
      await once(server, 'listening')
      return server
    }),
  )
  const ports = servers.map((server) => {
    const address = server.address()
    return typeof address === 'object' && address ? address.port : 0
  })
  for (const server of servers) server.close()
  return ports as [number, number, number, number]
}
