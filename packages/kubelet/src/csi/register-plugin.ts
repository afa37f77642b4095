import { isAbsolute } from 'node:path'
import { type NodeInfo, registration } from './messages.ts'
import { type ConnectedDriver, connectDriver } from './node-driver.ts'
import { SocketClient } from './socket-client.ts'

const patience = { milliseconds: 10_000 }

/**
 * Asks who is behind a socket, connects to it, and tells it what came of that. Undefined for a driver of dynamic resources, which is
 * registered elsewhere. Throws where it is no driver to be used.
 */
export async function registerPlugin(
  socket: string,
  register: (name: string, info: NodeInfo) => Promise<void>,
): Promise<ConnectedDriver | undefined> {
  const client = new SocketClient(socket)
  try {
    const { type, name, endpoint, supportedVersions } = await client.call(registration.getInfo, {}, patience)
    if (type === 'DRAPlugin') return undefined
    try {
      if (type !== 'CSIPlugin') throw new Error(`no handler registered for plugin type: ${type} at socket ${socket}`)
      if (!supportedVersions.some((version) => /^v?1\./.test(version)))
        throw new Error(`none of the versions ${supportedVersions.join(', ')} of driver ${name} is supported`)
      const connected = await connectDriver(name, isAbsolute(endpoint) ? endpoint : socket)
      await register(name, connected.info)
      await client.call(registration.notify, { pluginRegistered: true, error: '' }, patience)
      return connected
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      await client.call(registration.notify, { pluginRegistered: false, error: message }, patience).catch(() => {})
      throw error
    }
  } finally {
    client.close()
  }
}
