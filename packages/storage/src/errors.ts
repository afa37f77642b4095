import type { Entry } from './backend.ts'

abstract class StorageError extends Error {
  abstract readonly code: string
}

/** The key to create is there already. */
export class KeyExistsError extends StorageError {
  readonly code = 'STORAGE_KEY_EXISTS'
  readonly key: string
  constructor(key: string) {
    super(`key exists: ${key}`)
    this.key = key
  }
}

/** The key was changed, or is gone (`current` undefined), since the caller read it. */
export class RevisionMismatchError extends StorageError {
  readonly code = 'STORAGE_REVISION_MISMATCH'
  readonly key: string
  readonly expected: number
  readonly current: Entry | undefined
  constructor(key: string, expected: number, current: Entry | undefined) {
    super(`revision of ${key} is ${current?.modRevision ?? 'none'}, expected ${expected}`)
    this.key = key
    this.expected = expected
    this.current = current
  }
}

/** The history asked for has been compacted away. */
export class CompactedError extends StorageError {
  readonly code = 'STORAGE_COMPACTED'
  readonly requested: number
  readonly compactedRevision: number
  constructor(requested: number, compactedRevision: number) {
    super(`revision ${requested} has been compacted; the oldest is ${compactedRevision}`)
    this.requested = requested
    this.compactedRevision = compactedRevision
  }
}

/** The revision asked for has not happened yet. */
export class FutureRevisionError extends StorageError {
  readonly code = 'STORAGE_FUTURE_REVISION'
  readonly requested: number
  readonly currentRevision: number
  constructor(requested: number, currentRevision: number) {
    super(`revision ${requested} has not happened yet; the latest is ${currentRevision}`)
    this.requested = requested
    this.currentRevision = currentRevision
  }
}

/** Another process holds the data directory. */
export class LockedError extends StorageError {
  readonly code = 'STORAGE_LOCKED'
}

/** The directory holds data of a format this version does not know, or that fails its integrity check. */
export class FormatError extends StorageError {
  readonly code = 'STORAGE_FORMAT'
}

/** The disk is full: reads go on, writes are refused until there is room. */
export class NoSpaceError extends StorageError {
  readonly code = 'STORAGE_NO_SPACE'
}

/** The store was closed. */
export class ClosedError extends StorageError {
  readonly code = 'STORAGE_CLOSED'
}

/** The store did not answer, so nobody knows what became of a write. It goes on by itself once the store is back. */
export class UnavailableError extends StorageError {
  readonly code = 'STORAGE_UNAVAILABLE'
}

/** The store does not do what it was asked: a request too large, a caller without the right. */
export class RefusedError extends StorageError {
  readonly code = 'STORAGE_REFUSED'
}
