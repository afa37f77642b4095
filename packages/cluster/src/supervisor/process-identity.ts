import { readFileSync } from 'node:fs'

/** A process told from a later one that got the same number: its pid and its start time in clock ticks since boot. */
export interface ProcessIdentity {
  pid: number
  startTime: string
}

/** Undefined when there is no such process, or it is a zombie. */
export function identify(pid: number): ProcessIdentity | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The command's name is in parentheses and may hold spaces; fields count from after it: state is the first, start time the 20th.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' || !fields[19] ? undefined : { pid, startTime: fields[19] }
  } catch {
    return undefined
  }
}

export const isAlive = ({ pid, startTime }: ProcessIdentity): boolean => identify(pid)?.startTime === startTime
