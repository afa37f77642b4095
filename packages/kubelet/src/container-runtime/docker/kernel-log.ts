import { closeSync, constants, openSync, readSync } from 'node:fs'

/** What the kernel says of processes it killed for want of memory: names the cgroup, and so the container, it was short in. */
export interface KernelLog {
  /** Whether a process in the container was killed for want of memory since this log was opened. */
  wasOutOfMemory(containerId: string): boolean
  forget(containerId: string): void
}

/** `oom-kill:constraint=…,oom_memcg=/pods/…/<container>,task_memcg=/pods/…/<container>,task=…` */
export function victimsOf(record: string): string[] {
  const line = /oom-kill:.*?task_memcg=([^,]+)/.exec(record)?.[1] ?? ''
  return [...line.matchAll(/[0-9a-f]{64}/g)].map(([id]) => id)
}

const recordLimit = 8192

/**
 * Reads the kernel's ring buffer when asked, never waiting. The engine is told by an event that it may miss for a container that lives
 * for moments only; the kernel writes its record before the process ends. Where the buffer may not be read, nothing is known.
 */
export function openKernelLog(path = '/dev/kmsg'): KernelLog {
  const victims = new Set<string>()
  const buffer = Buffer.alloc(recordLimit)
  let descriptor: number | undefined

  const readNew = (): void => {
    if (descriptor === undefined) return
    for (;;) {
      try {
        const length = readSync(descriptor, buffer, 0, recordLimit, null)
        if (length === 0) return
        for (const id of victimsOf(buffer.toString('utf8', 0, length))) victims.add(id)
      } catch (error) {
        // Records that were overwritten before they were read are skipped.
        if ((error as NodeJS.ErrnoException).code !== 'EPIPE') return
      }
    }
  }

  try {
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK)
    readNew()
    victims.clear()
  } catch {
    if (descriptor !== undefined) closeSync(descriptor)
    descriptor = undefined
  }

  return {
    wasOutOfMemory(containerId) {
      if (!victims.has(containerId)) readNew()
      return victims.has(containerId)
    },
    forget: (containerId) => void victims.delete(containerId),
  }
}
