/**
 * What lies in the database. Keys are text, one letter for the kind of record:
 *
 *     m:format, m:compacted, m:swept    what the database knows of itself
 *     s:<key>                           present state: which revision of the key is valid, and until when
 *     h:<revision>                      head of the log: what that revision did to which key
 *     v:<revision>                      the value that revision wrote; a deletion has none
 *     x:<expiry>:<revision>             the key to delete at that time
 *
 * A value is written once: the present state points into the log. Compaction takes away the values that a later revision replaced.
 */
export const formatVersion = 1

/** Sixteen digits keep the order of numbers in text. */
const padded = (number: number): string => number.toString(16).padStart(16, '0')
const unpadded = (text: string): number => Number.parseInt(text, 16)

export const stateKey = (key: string): string => `s:${key}`
export const headKey = (revision: number): string => `h:${padded(revision)}`
export const valueKey = (revision: number): string => `v:${padded(revision)}`
export const expiryKey = (expiry: number, revision: number): string => `x:${padded(expiry)}:${padded(revision)}`

export const keyOfState = (stateKey: string): string => stateKey.slice(2)
export const revisionOfLog = (logKey: string): number => unpadded(logKey.slice(2))

export function parseExpiryKey(text: string): { expiry: number; revision: number } {
  return { expiry: unpadded(text.slice(2, 18)), revision: unpadded(text.slice(19)) }
}

/** The first text that is greater than all that start with `prefix`. */
export const endOf = (prefix: string): string => `${prefix}\u{10ffff}`

export interface State {
  createRevision: number
  modRevision: number
  /** Milliseconds since the epoch; 0 for never. */
  expiry: number
}

export interface Head {
  type: 'create' | 'update' | 'delete'
  key: string
  createRevision: number
  /** The revision that this one replaces; 0 for a creation. */
  previousRevision: number
}

const types = ['create', 'update', 'delete'] as const
const wide = 6

export function encodeState({ createRevision, modRevision, expiry }: State): Buffer {
  const bytes = Buffer.allocUnsafe(3 * wide)
  bytes.writeUIntBE(createRevision, 0, wide)
  bytes.writeUIntBE(modRevision, wide, wide)
  bytes.writeUIntBE(expiry, 2 * wide, wide)
  return bytes
}

export const decodeState = (bytes: Buffer): State => ({
  createRevision: bytes.readUIntBE(0, wide),
  modRevision: bytes.readUIntBE(wide, wide),
  expiry: bytes.readUIntBE(2 * wide, wide),
})

export function encodeHead({ type, key, createRevision, previousRevision }: Head): Buffer {
  const at = 1 + 2 * wide
  const bytes = Buffer.allocUnsafe(at + Buffer.byteLength(key))
  bytes[0] = types.indexOf(type)
  bytes.writeUIntBE(createRevision, 1, wide)
  bytes.writeUIntBE(previousRevision, 1 + wide, wide)
  bytes.write(key, at)
  return bytes
}

export const decodeHead = (bytes: Buffer): Head => ({
  type: types[bytes[0] ?? 0] ?? 'create',
  createRevision: bytes.readUIntBE(1, wide),
  previousRevision: bytes.readUIntBE(1 + wide, wide),
  key: bytes.toString('utf8', 1 + 2 * wide),
})
