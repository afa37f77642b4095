import { type NodeInfo, node, nodeCapability, type PublishRequest, type StageRequest } from './messages.ts'
import { SocketClient } from './socket-client.ts'

export type NodeCapability = keyof typeof nodeCapability

/** A CSI driver of this node, as far as the kubelet calls it. */
export interface NodeDriver {
  readonly name: string
  has(capability: NodeCapability): boolean
  stage(request: StageRequest): Promise<unknown>
  unstage(request: { volumeId: string; stagingTargetPath: string }): Promise<unknown>
  publish(request: PublishRequest): Promise<unknown>
  unpublish(request: { volumeId: string; targetPath: string }): Promise<unknown>
  close(): void
}

export interface ConnectedDriver {
  driver: NodeDriver
  info: NodeInfo
}

/** Asks a driver who it is here and what it can do. */
export async function connectDriver(name: string, endpoint: string): Promise<ConnectedDriver> {
  const client = new SocketClient(endpoint)
  try {
    const info = await client.call(node.getInfo, {})
    const { capabilities } = await client.call(node.getCapabilities, {})
    const numbers = new Set(capabilities.map(({ rpc }) => rpc?.type))
    const driver: NodeDriver = {
      name,
      has: (capability) => numbers.has(nodeCapability[capability]),
      stage: (request) => client.call(node.stage, request),
      unstage: (request) => client.call(node.unstage, request),
      publish: (request) => client.call(node.publish, request),
      unpublish: (request) => client.call(node.unpublish, request),
      close: () => client.close(),
    }
    return { driver, info }
  } catch (error) {
    client.close()
    throw error
  }
}
