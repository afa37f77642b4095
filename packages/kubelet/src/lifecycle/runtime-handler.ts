import type { Pod } from '@tandem/api/core/v1/types'
import { runtimeClasses } from '@tandem/api/node/v1/runtimeclass'
import type { Client } from '@tandem/client'

/** How a runtime is asked for by name; empty for the engine's own default. */
export type RuntimeHandlerOf = (pod: Pod) => Promise<string>

/** The handler of a pod's RuntimeClass. Few pods have one: it is asked for when it is needed. */
export const runtimeHandlers =
  (client: Client): RuntimeHandlerOf =>
  async ({ spec: { runtimeClassName: name } }) =>
    name ? (await client.get(runtimeClasses, { name })).handler : ''
