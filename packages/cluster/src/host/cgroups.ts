import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { ResourceLimits } from '../plan.ts'

const mount = '/sys/fs/cgroup'
/** The cgroup v1 hierarchies whose limits a cluster sets, and in which its processes are counted. The first two may be one. */
const hierarchies = ['cpu', 'cpuacct', 'memory', 'pids'] as const

/** One value to write: pure, so that the names and numbers can be read in a test. `version` is of the host's cgroups. */
export function cgroupValues(
  limits: ResourceLimits,
  version: 1 | 2,
): { hierarchy: string; file: string; value: string }[] {
  const quota = limits.cpuPercent * 1000
  return version === 1
    ? [
        { hierarchy: 'cpu', file: 'cpu.shares', value: String(limits.cpuShares) },
        { hierarchy: 'cpu', file: 'cpu.cfs_quota_us', value: String(quota) },
        { hierarchy: 'memory', file: 'memory.limit_in_bytes', value: String(limits.memoryBytes) },
      ]
    : [
        {
          hierarchy: '',
          file: 'cpu.weight',
          value: String(Math.max(1, Math.round(1 + ((limits.cpuShares - 2) * 9999) / 262142))),
        },
        { hierarchy: '', file: 'cpu.max', value: `${quota} 100000` },
        { hierarchy: '', file: 'memory.max', value: String(limits.memoryBytes) },
      ]
}

export const cgroupVersion = (): 1 | 2 => (existsSync(join(mount, 'cgroup.controllers')) ? 2 : 1)

const paths = (cgroup: string): string[] =>
  cgroupVersion() === 2
    ? [join(mount, cgroup)]
    : hierarchies.filter((name) => existsSync(join(mount, name))).map((name) => join(mount, name, cgroup))

/** Makes the cgroup with its limits; safe to repeat. Names what could not be set and goes on: a limit is not worth a cluster. */
export async function ensureCgroup(cgroup: string, limits: ResourceLimits | undefined): Promise<string[]> {
  const problems: string[] = []
  const version = cgroupVersion()
  for (const path of paths(cgroup))
    await mkdir(path, { recursive: true }).catch((error: Error) => problems.push(error.message))
  if (version === 2) await delegateControllers(cgroup).catch((error: Error) => problems.push(error.message))
  for (const { hierarchy, file, value } of limits ? cgroupValues(limits, version) : []) {
    await writeFile(join(mount, hierarchy, cgroup, file), value).catch((error: Error) => problems.push(error.message))
  }
  return problems
}

/** cgroup v2 hands controllers down level by level. */
async function delegateControllers(cgroup: string): Promise<void> {
  const parts = cgroup.split('/').filter(Boolean)
  for (let depth = 0; depth < parts.length; depth++) {
    await writeFile(join(mount, ...parts.slice(0, depth), 'cgroup.subtree_control'), '+cpu +memory +pids')
  }
}

/** Moves a process, and what it starts from now on, into a leaf of the cluster's cgroup. */
export async function joinCgroup(cgroup: string, pid: number): Promise<void> {
  for (const path of paths(join(cgroup, 'system'))) {
    await mkdir(path, { recursive: true })
    await writeFile(join(path, 'cgroup.procs'), String(pid))
  }
}

/** Removes the cgroup, all below it, and what is empty above it, in every hierarchy; leaves what still has processes. */
export async function removeCgroup(cgroup: string): Promise<void> {
  const names =
    cgroupVersion() === 2 ? [''] : (await readdir(mount)).filter((name) => existsSync(join(mount, name, cgroup)))
  for (const name of names) {
    await removeTree(join(mount, name, cgroup))
    // The kernel removes a cgroup only when nothing is left in it.
    for (let above = dirname(cgroup); above !== '/'; above = dirname(above))
      await rmdir(join(mount, name, above)).catch(() => undefined)
  }
}

async function removeTree(path: string): Promise<void> {
  const entries = await readdir(path, { withFileTypes: true }).catch(() => [])
  for (const entry of entries) if (entry.isDirectory()) await removeTree(join(path, entry.name))
  await rmdir(path).catch(() => undefined)
}

/** Processes in the cgroup itself, not below it. */
export const cgroupProcesses = async (path: string): Promise<number[]> =>
  (await readFile(join(path, 'cgroup.procs'), 'utf8').catch(() => '')).split('\n').filter(Boolean).map(Number)
