import type { ClaimIdentity, PreparedDevice } from './messages.ts'
import { SocketService } from './socket-call.ts'

const service = '/k8s.io.kubelet.pkg.apis.dra.v1.DRAPlugin'
const registration = '/pluginregistration.Registration'
export const supportedService = 'v1.DRAPlugin'

/** What makes the devices of a claim ready on this node, and cleans up after them. */
export interface DraDriver {
  readonly name: string
  prepare(claim: ClaimIdentity): Promise<readonly PreparedDevice[]>
  unprepare(claim: ClaimIdentity): Promise<void>
  close(): void
}

function driverAt(name: string, socket: string): DraDriver {
  const client = new SocketService(socket)
  return {
    name,
    async prepare(claim) {
      const { claims } = await client.call({
        path: `${service}/NodePrepareResources`,
        asked: 'Claims',
        answer: 'PrepareAnswer',
        message: { claims: [claim] },
      })
      const { devices = [], error } = found(claims, claim, 'NodePrepareResources')
      if (error) throw new Error(`NodePrepareResources failed for ResourceClaim ${claim.name}: ${error}`)
      return devices
    },
    async unprepare(claim) {
      const { claims } = await client.call({
        path: `${service}/NodeUnprepareResources`,
        asked: 'Claims',
        answer: 'UnprepareAnswer',
        message: { claims: [claim] },
      })
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

/** Asks who is behind a socket that was put where plugins register. Undefined for a plugin of another type. Throws where it fails. */
export async function connectDriver(socket: string): Promise<DraDriver | undefined> {
  const client = new SocketService(socket)
  const tell = (problem: string) =>
    client.call({
      path: `${registration}/NotifyRegistrationStatus`,
      asked: 'RegistrationStatus',
      answer: 'Empty',
      message: { pluginRegistered: problem === '', error: problem },
    })
  try {
    const info = await client.call({
      path: `${registration}/GetInfo`,
      asked: 'Empty',
      answer: 'PluginInfo',
      message: {},
    })
    if (info.type !== 'DRAPlugin') return undefined
    const versions = info.supportedVersions
    if (!versions.includes(supportedService)) {
      await tell(
        `none of services supported by the plugin (${JSON.stringify(versions)}) are supported by the kubelet (["${supportedService}"])`,
      )
      return undefined
    }
    await tell('')
    return driverAt(info.name, info.endpoint || socket)
  } finally {
    client.close()
  }
}
