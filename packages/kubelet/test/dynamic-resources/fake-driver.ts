import { rmSync } from 'node:fs'
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js'
import { type Method, type PluginInfo, type RegistrationStatus, registration } from '../../src/csi/messages.ts'
import { draPlugin } from '../../src/dynamic-resources/messages.ts'

/** A call as a gRPC server wants it. */
const served = <Request, Response>({
  path,
  decodeRequest,
  encodeResponse,
  encode,
  decode,
}: Method<Request, Response>) => ({
  path,
  requestStream: false as const,
  responseStream: false as const,
  requestSerialize: encode,
  requestDeserialize: decodeRequest,
  responseSerialize: encodeResponse,
  responseDeserialize: decode,
})

const registrationService = {
  GetInfo: served(registration.getInfo),
  NotifyRegistrationStatus: served(registration.notify),
}
const draService = {
  NodePrepareResources: served(draPlugin.prepare),
  NodeUnprepareResources: served(draPlugin.unprepare),
}

type Of<M> = M extends Method<infer Request, infer Response> ? [Request, Response] : never

/** A driver of dynamic resources, with its registration and its own API on one socket. */
export class FakeDriver {
  readonly prepared: string[] = []
  readonly unprepared: string[] = []
  readonly told: RegistrationStatus[] = []
  problem = ''
  readonly #server = new Server()
  readonly #socket: string

  constructor(socket: string, info: Partial<PluginInfo> = {}) {
    this.#socket = socket
    const plugin = {
      type: 'DRAPlugin',
      name: 'gpu.example.com',
      endpoint: '',
      supportedVersions: ['v1.DRAPlugin'],
      ...info,
    }
    this.#server.addService(registrationService, {
      GetInfo: answer<typeof registration.getInfo>(() => plugin),
      NotifyRegistrationStatus: answer<typeof registration.notify>((message) => {
        this.told.push(message)
        return {}
      }),
    })
    this.#server.addService(draService, {
      NodePrepareResources: answer<typeof draPlugin.prepare>(({ claims }) => ({
        claims: claims.map(({ uid, name }) => {
          this.prepared.push(name)
          const device = { requestNames: ['r'], poolName: 'n', deviceName: 'a', cdiDeviceIds: ['example.com/gpu=a'] }
          return { key: uid, value: { devices: this.problem ? [] : [device], error: this.problem } }
        }),
      })),
      NodeUnprepareResources: answer<typeof draPlugin.unprepare>(({ claims }) => ({
        claims: claims.map(({ uid, name }) => {
          this.unprepared.push(name)
          return { key: uid, value: { error: this.problem } }
        }),
      })),
    })
  }

  start(): Promise<void> {
    rmSync(this.#socket, { force: true })
    return new Promise((resolve, reject) =>
      this.#server.bindAsync(`unix:${this.#socket}`, ServerCredentials.createInsecure(), (error) =>
        error ? reject(error) : resolve(),
      ),
    )
  }

  stop(): void {
    this.#server.forceShutdown()
    rmSync(this.#socket, { force: true })
  }
}

const answer =
  <M>(handler: (request: Of<M>[0]) => Of<M>[1]) =>
  ({ request }: ServerUnaryCall<Of<M>[0], Of<M>[1]>, done: sendUnaryData<Of<M>[1]>): void => {
    try {
      done(null, handler(request))
    } catch (error) {
      done({ code: status.INTERNAL, details: String(error) })
    }
  }
