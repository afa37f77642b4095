import { isAbsolute } from 'node:path'
import { registration } from '../csi/messages.ts'
import { SocketClient } from '../csi/socket-client.ts'
import { type ClaimIdentity, draPlugin, type PreparedDevice } from './messages.ts'

const supportedService = 'v1.DRAPlugin'
const patience = { milliseconds: 10_000 }
/** Upstream's patience with drivers. */
const longPatience = { milliseconds: 45_000 }

/** What makes the devices of a claim ready on this node, and cleans up after them. */
export interface DraDriver {
  readonly name: string
  prepare(claim: ClaimIdentity): Promise<readonly PreparedDevice[]>
  unprepare(claim: ClaimIdentity): Promise<void>
  close(): void
}

function driverAt(name: string, socket: string): DraDriver {
  const client = new SocketClient(socket)
  return {
    name,
    async prepare(claim) {
      const { claims } = await client.call(draPlugin.prepare, { claims: [claim] }, longPatience)
      const { devices = [], error } = found(claims, claim, 'NodePrepareResources')
      if (error) throw new Error(`NodePrepareResources failed for ResourceClaim ${claim.name}: ${error}`)
      return devices
    },
    async unprepare(claim) {
      const { claims } = await client.call(draPlugin.unprepare, { claims: [claim] }, longPatience)
      const { error } = found(claims, claim, 'NodeUnprepareResources')
      if (error) throw new Error(`NodeUnprepareResources failed for ResourceClaim ${claim.name}: ${error}`)
    },
    close: () => client.close(),
  }
}

function found<Value>(
  claims: readonly { key: string; value: Value | null }[],
  { uid }: ClaimIdentity,
  method: string,
): Value {
  const value = claims.find(({ key }) => key === uid)?.value
  if (!value) throw new Error(`${method} skipped 1 ResourceClaims`)
  return value
}

/** Asks who is behind a socket. Undefined for a plugin of another type, which is registered elsewhere. Throws where it fails. */
export async function connectDriver(socket: string): Promise<DraDriver | undefined> {
  const client = new SocketClient(socket)
  const tell = (error: string) => client.call(registration.notify, { pluginRegistered: error === '', error }, patience)
  try {
    const { type, name, endpoint, supportedVersions } = await client.call(registration.getInfo, {}, patience)
    if (type !== 'DRAPlugin') return undefined
    if (!supportedVersions.includes(supportedService)) {
      await tell(
        `none of services supported by the plugin (${JSON.stringify(supportedVersions)}) are supported by the kubelet (["${supportedService}"])`,
      )
      return undefined
    }
    await tell('')
    return driverAt(name, isAbsolute(endpoint) ? endpoint : socket)
  } finally {
    client.close()
  }
}
