import { messageTypes } from '../message-types.ts'

/** The device plugin API's messages as facts of their wire format: each field with its type and number. */
const facts = {
  Empty: '',
  DevicePluginOptions: 'preStartRequired bool 1',
  RegisterRequest: 'version string 1, endpoint string 2, resourceName string 3, options DevicePluginOptions 4',
  Device: 'ID string 1, health string 2',
  ListAndWatchResponse: 'devices Device[] 1',
  ContainerDevices: 'ids string[] 1',
  AllocateRequest: 'containers ContainerDevices[] 1',
  Mount: 'containerPath string 1, hostPath string 2, readOnly bool 3',
  DeviceSpec: 'containerPath string 1, hostPath string 2, permissions string 3',
  CDIDevice: 'name string 1',
  // A map is a list of pairs on the wire.
  Pair: 'key string 1, value string 2',
  ContainerAllocation:
    'envs Pair[] 1, mounts Mount[] 2, devices DeviceSpec[] 3, annotations Pair[] 4, cdiDevices CDIDevice[] 5',
  AllocateResponse: 'containers ContainerAllocation[] 1',
} as const

export interface DevicePluginOptions {
  preStartRequired?: boolean
}

export interface RegisterRequest {
  version: string
  /** The plugin's socket, in the directory of the kubelet's. */
  endpoint: string
  resourceName: string
  options: DevicePluginOptions | null
}

export interface Device {
  ID: string
  health: string
}

/** What a container gets with its devices. */
export interface ContainerAllocation {
  envs: { key: string; value: string }[]
  mounts: { containerPath: string; hostPath: string; readOnly: boolean }[]
  devices: { containerPath: string; hostPath: string; permissions: string }[]
  cdiDevices: { name: string }[]
}

interface Messages {
  Empty: object
  DevicePluginOptions: DevicePluginOptions
  RegisterRequest: RegisterRequest
  ListAndWatchResponse: { devices: Device[] }
  ContainerDevices: { ids: string[] }
  AllocateRequest: { containers: { ids: string[] }[] }
  AllocateResponse: { containers: ContainerAllocation[] }
}
export type MessageName = keyof Messages
export type Message<Name extends MessageName> = Messages[Name]

const types = messageTypes(facts)

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
