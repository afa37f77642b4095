import { nodes } from '@tandem/api/core/v1/node'
import type { Node } from '@tandem/api/core/v1/types'
import type { Client } from '@tandem/client'
import { waitFor } from '@tandem/client/wait-for'

const isReady = (node: Node | undefined): boolean =>
  node?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false

/** Resolves when the node is registered and Ready. */
export const waitForNode = (client: Client, name: string, timeoutMs = 60_000): Promise<Node | undefined> =>
  waitFor(client, nodes, { name }, isReady, { timeoutMs })
