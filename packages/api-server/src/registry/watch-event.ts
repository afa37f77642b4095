import type { KubernetesObject, Status } from '@tandem/apimachinery'
import type { StoredEntry } from './store.ts'

export type WatchEventType = 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR'

/**
 * What happened, as one watcher is to see it: a selector can make a MODIFIED an ADDED or a DELETED. All watchers who are to see the same
 * thing share one event, and with it one buffer for each form it is asked in.
 */
export interface WatchEvent<T extends KubernetesObject = KubernetesObject> {
  readonly type: WatchEventType
  /** The object; of a DELETED, as it was last, with the revision of the deletion. Absent in BOOKMARK and ERROR. */
  readonly entry?: StoredEntry<T>
  /** For a BOOKMARK, the revision up to which the watcher has seen everything. */
  readonly revision: number
  /** On the BOOKMARK that ends the initial events a client asked for. */
  readonly initialEventsEnd?: true
  /** What an ERROR tells, after which the watch ends. */
  readonly status?: Status
  /** `{"type":…,"object":…}` and a newline: what a watcher of JSON is sent. */
  json(): Uint8Array
  /** Another form of the event (Table, protobuf, metadata only), made once and shared by all who ask for the same `form`. */
  encode(form: string, make: (event: WatchEvent<T>) => Uint8Array): Uint8Array
}
