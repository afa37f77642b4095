import type { Database } from './database.ts'
import { endOf, parseExpiryKey } from './records.ts'

export interface Expired {
  key: string
  /** The revision whose expiry this is: a later write has another, or none. */
  revision: number
}

/** What has expired by `now`, and when the next does (undefined: nothing will). */
export async function expiredBy(
  database: Database,
  now: number,
  limit = 1000,
): Promise<{ expired: Expired[]; next: number | undefined }> {
  const found = await database.iterator({ gte: 'x:', lt: endOf('x:'), limit }).all()
  const entries = found.map(([at, key]) => ({ ...parseExpiryKey(at), key: key.toString() }))
  const later = entries.find(({ expiry }) => expiry > now)
  const expired = entries.filter(({ expiry }) => expiry <= now)
  return { expired, next: later?.expiry ?? (found.length === limit ? now : undefined) }
}
