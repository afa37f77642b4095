/** Everything a store held at one revision. */
export interface Backup {
  header: BackupHeader
  entries: AsyncIterable<BackupEntry>
}

export interface BackupHeader {
  revision: number
  /** When it was made, in ISO 8601. */
  created: string
  /** What whoever made it wants to be known of it before it is restored. */
  attributes: Readonly<Record<string, string>>
}

export interface BackupEntry {
  key: string
  value: Uint8Array
  createRevision: number
  modRevision: number
  /** Milliseconds since the epoch at which the store deletes it by itself; 0 for never. */
  expiry: number
}

/** The file is no backup, is damaged, or is of a version that is not known here. */
export class BackupError extends Error {
  readonly code = 'STORAGE_BACKUP'
}
