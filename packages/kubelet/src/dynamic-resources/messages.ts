import type { Method } from '../csi/messages.ts'
import { messageTypes } from '../message-types.ts'

/** The messages of dynamic resources' `dra.v1` API as facts of their wire format: each field with its type and number. */
const facts = {
  Claim: 'namespace string 1, uid string 2, name string 3',
  Claims: 'claims Claim[] 1',
  Device: 'requestNames string[] 1, poolName string 2, deviceName string 3, cdiDeviceIds string[] 4, shareId string 5',
  Prepared: 'devices Device[] 1, error string 2',
  // A map is a list of pairs on the wire.
  PreparedClaim: 'key string 1, value Prepared 2',
  PrepareAnswer: 'claims PreparedClaim[] 1',
  Unprepared: 'error string 1',
  UnpreparedClaim: 'key string 1, value Unprepared 2',
  UnprepareAnswer: 'claims UnpreparedClaim[] 1',
} as const

export interface ClaimIdentity {
  namespace: string
  uid: string
  name: string
}

/** A device that a driver made ready, and by which names of CDI containers get it. */
export interface PreparedDevice {
  /** Of the claim; empty for all of them. */
  requestNames: string[]
  poolName: string
  deviceName: string
  cdiDeviceIds: string[]
}

interface Messages {
  Claims: { claims: readonly ClaimIdentity[] }
  PrepareAnswer: { claims: { key: string; value: { devices: PreparedDevice[]; error: string } | null }[] }
  UnprepareAnswer: { claims: { key: string; value: { error: string } | null }[] }
}
type MessageName = keyof Messages

const types = messageTypes(facts)

function method<Asked extends MessageName, Answer extends MessageName>(
  name: string,
  asked: Asked,
  answer: Answer,
): Method<Messages[Asked], Messages[Answer]> {
  const write = (type: MessageName, message: object) => Buffer.from(types.lookupType(type).encode(message).finish())
  const read = (name: MessageName, bytes: Buffer): unknown => {
    const type = types.lookupType(name)
    return type.toObject(type.decode(bytes), { defaults: true, arrays: true })
  }
  return {
    path: `/k8s.io.kubelet.pkg.apis.dra.v1.DRAPlugin/${name}`,
    encode: (message) => write(asked, message),
    decode: (bytes) => read(answer, bytes) as Messages[Answer],
    decodeRequest: (bytes) => read(asked, bytes) as Messages[Asked],
    encodeResponse: (message) => write(answer, message),
  }
}

export const draPlugin = {
  prepare: method('NodePrepareResources', 'Claims', 'PrepareAnswer'),
  unprepare: method('NodeUnprepareResources', 'Claims', 'UnprepareAnswer'),
}
