/** What is watched, under upstream's names. */
export type Signal =
  | 'memory.available'
  | 'allocatableMemory.available'
  | 'nodefs.available'
  | 'nodefs.inodesFree'
  | 'imagefs.available'
  | 'imagefs.inodesFree'
  | 'containerfs.available'
  | 'containerfs.inodesFree'
  | 'pid.available'

export type PressureCondition = 'MemoryPressure' | 'DiskPressure' | 'PIDPressure'

/** What is short when a signal is low. */
export type StarvedResource = 'memory' | 'ephemeral-storage' | 'inodes' | 'pids'

interface SignalMeaning {
  condition: PressureCondition
  resource: StarvedResource
}

const memory: SignalMeaning = { condition: 'MemoryPressure', resource: 'memory' }
const disk: SignalMeaning = { condition: 'DiskPressure', resource: 'ephemeral-storage' }
const inodes: SignalMeaning = { condition: 'DiskPressure', resource: 'inodes' }

export const signalMeanings: Readonly<Record<Signal, SignalMeaning>> = {
  'memory.available': memory,
  'allocatableMemory.available': memory,
  'nodefs.available': disk,
  'nodefs.inodesFree': inodes,
  'imagefs.available': disk,
  'imagefs.inodesFree': inodes,
  'containerfs.available': disk,
  'containerfs.inodesFree': inodes,
  'pid.available': { condition: 'PIDPressure', resource: 'pids' },
}

export const isSignal = (name: string): name is Signal => Object.hasOwn(signalMeanings, name)

/** Bytes, inodes or processes: how much is left, and of how much. */
export interface Observation {
  available: number
  capacity: number
}

export type Observations = ReadonlyMap<Signal, Observation>
