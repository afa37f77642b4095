import { readFileSync } from 'node:fs'

const ticksPerSecond = 100

/** The proportional set size in bytes: pages shared with others count in parts, so that sums are true. */
export function proportionalSetSize(pid: number): number {
  const kibibytes = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1]
  return Number(kibibytes) * 1024
}

/** Milliseconds of processor time, in user and kernel mode, since the process began. */
export function processorTime(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ')
  return ((Number(fields[11]) + Number(fields[12])) * 1000) / ticksPerSecond
}
