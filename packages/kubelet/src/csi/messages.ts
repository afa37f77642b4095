import type protobuf from 'protobufjs/light.js'
import { messageTypes } from '../message-types.ts'

/**
 * The part of CSI's v1 API, and of the registration of plugins with kubelets, that is spoken here, as facts of the wire format: the
 * fields of each message with their types and numbers. `map` is of strings to strings. What is not named is skipped when it comes.
 */
const facts = {
  Empty: '',
  InfoRequest: '',
  PluginInfo: 'type string 1, name string 2, endpoint string 3, supportedVersions string[] 4',
  RegistrationStatus: 'pluginRegistered bool 1, error string 2',

  NodeGetInfoResponse: 'nodeId string 1, maxVolumesPerNode int64 2, accessibleTopology Topology 3',
  Topology: 'segments map 1',
  NodeGetCapabilitiesResponse: 'capabilities NodeServiceCapability[] 1',
  NodeServiceCapability: 'rpc NodeServiceCapabilityRpc 1',
  NodeServiceCapabilityRpc: 'type int32 1',
  VolumeCapability: 'mount MountVolume 2, accessMode AccessMode 3',
  MountVolume: 'fsType string 1, mountFlags string[] 2, volumeMountGroup string 3',
  AccessMode: 'mode int32 1',
  NodeStageVolumeRequest:
    'volumeId string 1, publishContext map 2, stagingTargetPath string 3, volumeCapability VolumeCapability 4, secrets map 5, volumeContext map 6',
  NodeUnstageVolumeRequest: 'volumeId string 1, stagingTargetPath string 2',
  NodePublishVolumeRequest:
    'volumeId string 1, publishContext map 2, stagingTargetPath string 3, targetPath string 4, volumeCapability VolumeCapability 5, readonly bool 6, secrets map 7, volumeContext map 8',
  NodeUnpublishVolumeRequest: 'volumeId string 1, targetPath string 2',
} as const

type Strings = Readonly<Record<string, string>>

export interface PluginInfo {
  type: string
  name: string
  /** Where the plugin's own API is, if not where it was found. */
  endpoint: string
  supportedVersions: string[]
}

export interface RegistrationStatus {
  pluginRegistered: boolean
  error: string
}

export interface NodeInfo {
  nodeId: string
  /** 0: as many as one likes. */
  maxVolumesPerNode: number
  accessibleTopology: { segments: Strings } | null
}

export const nodeCapability = { stageUnstage: 1, singleNodeMultiWriter: 5, volumeMountGroup: 6 } as const

export const accessMode = {
  singleNodeWriter: 1,
  multiNodeReaderOnly: 3,
  multiNodeMultiWriter: 5,
  singleNodeSingleWriter: 6,
  singleNodeMultiWriter: 7,
} as const

export interface VolumeCapability {
  mount: { fsType: string; mountFlags: readonly string[]; volumeMountGroup?: string }
  accessMode: { mode: number }
}

export interface StageRequest {
  volumeId: string
  publishContext: Strings
  stagingTargetPath: string
  volumeCapability: VolumeCapability
  secrets: Strings
  volumeContext: Strings
}

export interface PublishRequest extends StageRequest {
  targetPath: string
  readonly: boolean
}

/** A call, with how its messages are written and read, on either side of it. */
export interface Method<Request, Response> {
  path: string
  encode(request: Request): Buffer
  decode(bytes: Buffer): Response
  decodeRequest(bytes: Buffer): Request
  encodeResponse(response: Response): Buffer
}

const types = messageTypes(facts)

function method<Request extends object, Response extends object>(
  path: string,
  request: keyof typeof facts,
  response: keyof typeof facts,
): Method<Request, Response> {
  const requests = types.lookupType(request)
  const responses = types.lookupType(response)
  const write = (type: protobuf.Type, message: object) => Buffer.from(type.encode(message).finish())
  const read = (type: protobuf.Type, bytes: Buffer) =>
    type.toObject(type.decode(bytes), { longs: Number, defaults: true }) as unknown
  return {
    path,
    encode: (message) => write(requests, message),
    decode: (bytes) => read(responses, bytes) as Response,
    decodeRequest: (bytes) => read(requests, bytes) as Request,
    encodeResponse: (message) => write(responses, message),
  }
}

type Empty = Record<string, never>

export const registration = {
  getInfo: method<Empty, PluginInfo>('/pluginregistration.Registration/GetInfo', 'InfoRequest', 'PluginInfo'),
  notify: method<RegistrationStatus, Empty>(
    '/pluginregistration.Registration/NotifyRegistrationStatus',
    'RegistrationStatus',
    'Empty',
  ),
}

export const node = {
  getInfo: method<Empty, NodeInfo>('/csi.v1.Node/NodeGetInfo', 'Empty', 'NodeGetInfoResponse'),
  getCapabilities: method<Empty, { capabilities: { rpc: { type: number } | null }[] }>(
    '/csi.v1.Node/NodeGetCapabilities',
    'Empty',
    'NodeGetCapabilitiesResponse',
  ),
  stage: method<StageRequest, Empty>('/csi.v1.Node/NodeStageVolume', 'NodeStageVolumeRequest', 'Empty'),
  unstage: method<{ volumeId: string; stagingTargetPath: string }, Empty>(
    '/csi.v1.Node/NodeUnstageVolume',
    'NodeUnstageVolumeRequest',
    'Empty',
  ),
  publish: method<PublishRequest, Empty>('/csi.v1.Node/NodePublishVolume', 'NodePublishVolumeRequest', 'Empty'),
  unpublish: method<{ volumeId: string; targetPath: string }, Empty>(
    '/csi.v1.Node/NodeUnpublishVolume',
    'NodeUnpublishVolumeRequest',
    'Empty',
  ),
}
