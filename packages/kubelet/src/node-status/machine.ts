import { readFileSync, statfsSync } from 'node:fs'
import { arch, cpus, release, totalmem } from 'node:os'
import {
  parseQuantity,
  printQuantity,
  quantityOfMilliValue,
  quantityOfValue,
  quantityValue,
  subtractQuantities,
} from '@tandem/apimachinery'
import type { Signal } from '../eviction/signals.ts'
import { amountFor, isHard, type Threshold } from '../eviction/thresholds.ts'

/** What this host is, as far as a node tells of it. */
export interface Machine {
  machineID: string
  systemUUID: string
  bootID: string
  kernelVersion: string
  osImage: string
  architecture: string
  cpus: number
  memoryBytes: number
  diskBytes: number
}

const read = (path: string): string => {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}

const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64', ia32: '386' }

export function readMachine(rootDir: string): Machine {
  const machineID = read('/etc/machine-id') || read('/var/lib/dbus/machine-id')
  const { blocks, bsize } = statfsSync(rootDir)
  return {
    machineID,
    systemUUID: read('/sys/class/dmi/id/product_uuid') || machineID,
    bootID: read('/proc/sys/kernel/random/boot_id'),
    kernelVersion: release(),
    osImage: /^PRETTY_NAME="?([^"\n]*)/m.exec(read('/etc/os-release'))?.[1] ?? 'Linux',
    architecture: architectures[arch()] ?? arch(),
    cpus: cpus().length,
    memoryBytes: totalmem(),
    diskBytes: blocks * bsize,
  }
}

/** How much of the disk below a directory is in use, from 0 to 1. */
export function diskUse(directory: string): number {
  const { blocks, bavail } = statfsSync(directory)
  return blocks === 0 ? 0 : 1 - bavail / blocks
}

export type Resources = Readonly<Record<string, string>>

/** All of the machine, or the share of it that the kubelet was given. */
export function capacityOf(machine: Machine, share: Resources, maxPods: number): Record<string, string> {
  return {
    cpu: printQuantity(quantityOfMilliValue(machine.cpus * 1000)),
    'ephemeral-storage': `${Math.floor(machine.diskBytes / 1024)}Ki`,
    memory: `${Math.floor(machine.memoryBytes / 1024)}Ki`,
    pods: String(maxPods),
    ...Object.fromEntries(Object.entries(share).map(([name, amount]) => [name, printQuantity(parseQuantity(amount))])),
  }
}

/** What pods may use: the capacity without what is reserved, and without what evictions keep free. */
export function allocatableOf(
  capacity: Resources,
  reserved: Resources,
  thresholds: readonly Threshold[],
): Record<string, string> {
  const kept: Partial<Record<string, Signal>> = { memory: 'memory.available', 'ephemeral-storage': 'nodefs.available' }
  return Object.fromEntries(
    Object.entries(capacity).map(([name, amount]) => {
      const threshold = thresholds.find((candidate) => isHard(candidate) && candidate.signal === kept[name])
      const all = quantityValue(amount)
      const free = threshold ? amountFor(threshold.value, { available: all, capacity: all }) : 0
      const left = subtractQuantities(amount, reserved[name] ?? '0')
      const allocatable = subtractQuantities(left, quantityOfValue(free, left.format))
      return [name, printQuantity(allocatable.nanos < 0n ? parseQuantity('0') : allocatable)]
    }),
  )
}
