import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type CgroupDriver, type CgroupName, cgroupPath } from '../cgroups/names.ts'
import { type CgroupUsage, type Hierarchy, readUsage } from './cgroup-usage.ts'
import { type InterfaceUsage, interfacesOf } from './interface-usage.ts'
import { machineUsage } from './machine-usage.ts'

export interface CgroupReaderOptions {
  driver: CgroupDriver
  mountPoint?: string
  procDirectory?: string
}

/** Reads what cgroups have used. The kernel makes these files up as they are read, so nothing here waits for a disk. */
export class CgroupReader {
  readonly #driver: CgroupDriver
  readonly #mountPoint: string
  readonly #proc: string
  readonly #version: 1 | 2

  constructor({ driver, mountPoint = '/sys/fs/cgroup', procDirectory = '/proc' }: CgroupReaderOptions) {
    this.#driver = driver
    this.#mountPoint = mountPoint
    this.#proc = procDirectory
    this.#version = existsSync(join(mountPoint, 'cgroup.controllers')) ? 2 : 1
  }

  path(name: CgroupName): string {
    return name.length === 0 ? '/' : cgroupPath(name, this.#driver)
  }

  /** Of a cgroup; the whole machine for the root. */
  usage(path: string): CgroupUsage {
    if (path === '/')
      return machineUsage({
        stat: readFileSync(join(this.#proc, 'stat'), 'utf8'),
        meminfo: readFileSync(join(this.#proc, 'meminfo'), 'utf8'),
      })
    return readUsage((file, hierarchy) => read(join(this.#directory(path, hierarchy), file)), this.#version)
  }

  /** The cgroups of a pod's containers and of its sandbox by ID, whatever the engine puts around it. */
  containers(path: string): Map<string, string> {
    const directory = this.#directory(path, 'memory')
    return new Map(
      directories(directory).flatMap((entry) => {
        const id = /[0-9a-f]{64}/.exec(entry)?.[0]
        return id ? [[id, `${path}/${entry}`] as const] : []
      }),
    )
  }

  /** What went through the interfaces that the cgroup's first process sees. */
  interfaces(path: string): InterfaceUsage[] | undefined {
    const pid = /^\d+/.exec(read(join(this.#directory(path, 'memory'), 'cgroup.procs')) ?? '')?.[0]
    const text = pid && read(join(this.#proc, pid, 'net/dev'))
    return text ? interfacesOf(text) : undefined
  }

  #directory(path: string, hierarchy: Hierarchy): string {
    return this.#version === 2 ? join(this.#mountPoint, path) : join(this.#mountPoint, hierarchy, path)
  }
}

/** A cgroup may go at any time, and its files with it. */
function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return undefined
  }
}

function directories(path: string): string[] {
  try {
    return readdirSync(path, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? entry.name : []))
  } catch {
    return []
  }
}
