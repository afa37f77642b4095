import protobuf from 'protobufjs/light.js'

/**
 * The messages of dynamic resources' `dra.v1` API and of the registration of its drivers, as facts of their wire format: each field with
 * its type and number. A map is a list of pairs on the wire.
 */
const facts = {
  Empty: '',
  PluginInfo: 'type string 1, name string 2, endpoint string 3, supportedVersions string[] 4',
  RegistrationStatus: 'pluginRegistered bool 1, error string 2',
  Claim: 'namespace string 1, uid string 2, name string 3',
  Claims: 'claims Claim[] 1',
  Device: 'requestNames string[] 1, poolName string 2, deviceName string 3, cdiDeviceIds string[] 4, shareId string 5',
  Prepared: 'devices Device[] 1, error string 2',
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
  Empty: object
  PluginInfo: { type: string; name: string; endpoint: string; supportedVersions: string[] }
  RegistrationStatus: { pluginRegistered: boolean; error: string }
  Claims: { claims: readonly ClaimIdentity[] }
  PrepareAnswer: { claims: { key: string; value: { devices: PreparedDevice[]; error: string } | null }[] }
  UnprepareAnswer: { claims: { key: string; value: { error: string } | null }[] }
}
export type MessageName = keyof Messages
export type Message<Name extends MessageName> = Messages[Name]

const types = new protobuf.Root()
for (const [name, fields] of Object.entries(facts)) {
  const type = new protobuf.Type(name)
  for (const field of fields.split(', ').filter((text) => text !== '')) {
    const [fieldName = '', fieldType = '', number] = field.split(' ')
    const repeated = fieldType.endsWith('[]') ? 'repeated' : undefined
    type.add(new protobuf.Field(fieldName, Number(number), fieldType.replace('[]', ''), repeated))
  }
  types.add(type)
}

export const encode =
  <Name extends MessageName>(name: Name) =>
  (message: Message<Name>): Buffer =>
    Buffer.from(types.lookupType(name).encode(message).finish())

export const decode =
  <Name extends MessageName>(name: Name) =>
  (bytes: Buffer): Message<Name> => {
    const type = types.lookupType(name)
    return type.toObject(type.decode(bytes), { defaults: true, arrays: true }) as Message<Name>
  }
