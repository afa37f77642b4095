import { setTimeout as sleep } from 'node:timers/promises'
import { status } from '@grpc/grpc-js'
import type { StorageEvent, WatchBatch } from '../backend.ts'
import { CompactedError, RefusedError } from '../errors.ts'
import type { Connection } from './connection.ts'
import { isServiceError, translate } from './failures.ts'
import type { KeySpace } from './key-space.ts'
import { type Event, eventType, watch } from './messages.ts'

const firstPause = 50
const longestPause = 1000

/** A refusal that asking again does not change. */
const final = new Set<number>([
  status.PERMISSION_DENIED,
  status.UNAUTHENTICATED,
  status.INVALID_ARGUMENT,
  status.UNIMPLEMENTED,
])

/**
 * Every change of the key space after a revision, whole revisions at a time. Connections come and go underneath: each new one begins
 * where the last one ended. Batches without events say only how far the store has got.
 */
export async function* follow(
  connection: Connection,
  keys: KeySpace,
  { from, signal }: { from: number; signal: AbortSignal },
): AsyncGenerator<WatchBatch> {
  let position = from
  let pause = 0
  while (!signal.aborted) {
    try {
      for await (const batch of followOnce(connection, keys, { from: position, signal })) {
        pause = 0
        if (batch.revision <= position) continue
        position = batch.revision
        yield batch
      }
    } catch (error) {
      if (signal.aborted) return
      if (!isServiceError(error)) throw error
      if (final.has(error.code)) throw translate(error)
    }
    await sleep(pause, undefined, { signal }).catch(() => undefined)
    pause = Math.min(longestPause, pause * 2 || firstPause)
  }
}

async function* followOnce(
  connection: Connection,
  keys: KeySpace,
  { from, signal }: { from: number; signal: AbortSignal },
): AsyncGenerator<WatchBatch> {
  // From the very revision that is known, though it is told again: so etcd itself says when what follows it is not all there any more.
  const createRequest = { ...keys.all, startRevision: from, progressNotify: true, prevKv: true, fragment: true }
  let pieces: StorageEvent[] = []
  let revision = 0
  for await (const response of connection.stream(watch, { createRequest }, signal)) {
    const { created, canceled, compactRevision, cancelReason, events, fragment, header } = response
    if (canceled && compactRevision > 0) throw new CompactedError(from, compactRevision)
    if (canceled && /permission denied|auth/.test(cancelReason)) throw new RefusedError(cancelReason)
    if (canceled) return
    if (created) continue
    for (const event of events) {
      revision = event.kv.modRevision
      const told = revision > from && eventOf(event, keys)
      if (told) pieces.push(told)
    }
    if (fragment) continue
    yield { events: pieces, revision: events.length > 0 ? revision : header.revision }
    pieces = []
  }
}

function eventOf({ type, kv, prevKv }: Event, keys: KeySpace): StorageEvent | undefined {
  const key = keys.nameOf(kv.key)
  if (key === undefined) return undefined
  const { modRevision: revision, createRevision, value } = kv
  if (type === eventType.put && createRevision === revision) return { type: 'create', key, value, revision }
  // What a change replaced is forgotten before the change itself.
  if (!prevKv) throw new CompactedError(revision - 1, revision)
  const previous = { previousValue: prevKv.value, previousRevision: prevKv.modRevision }
  return type === eventType.delete
    ? { type: 'delete', key, value: prevKv.value, revision, ...previous }
    : { type: 'update', key, value, revision, ...previous }
}
