import { isExpired, type KubernetesObject, type ObjectKey, type ResourceDefinition } from '@tandem/apimachinery'
import type { Client } from './client.ts'

/** The condition did not come true in time. `last` is the object as it was seen last. */
export class WaitTimeoutError extends Error {
  readonly code = 'CLIENT_WAIT_TIMEOUT'
  readonly last: KubernetesObject | undefined
  constructor(what: string, last: KubernetesObject | undefined) {
    super(`timed out waiting for ${what}`)
    this.last = last
  }
}

export interface WaitOptions {
  timeoutMs: number
  signal?: AbortSignal
}

/**
 * Resolves with the object once the condition holds; it is told of `undefined` while, or once, there is no object. A condition that
 * throws ends the wait. Watches: nothing is asked twice.
 */
export async function waitFor<T extends KubernetesObject>(
  client: Client,
  resource: ResourceDefinition<T>,
  key: ObjectKey,
  condition: (object: T | undefined) => boolean,
  { timeoutMs, signal }: WaitOptions,
): Promise<T | undefined> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const until = signal ? AbortSignal.any([timeout, signal]) : timeout
  const selection = { namespace: key.namespace, fieldSelector: `metadata.name=${key.name}` }
  let last: T | undefined
  try {
    while (true) {
      const list = await client.list(resource, { ...selection, signal: until })
      last = list.items[0]
      if (condition(last)) return last
      const resourceVersion = list.metadata.resourceVersion ?? ''
      try {
        for await (const event of client.watch(resource, { ...selection, resourceVersion, signal: until })) {
          if (event.type === 'BOOKMARK') continue
          last = event.type === 'DELETED' ? undefined : event.object
          if (condition(last)) return last
        }
      } catch (error) {
        // The history is gone: what is there now says the same.
        if (!isExpired(error)) throw error
      }
      until.throwIfAborted()
    }
  } catch (error) {
    if (timeout.aborted) throw new WaitTimeoutError(`${resource.kind} ${key.name}`, last)
    throw error
  }
}
