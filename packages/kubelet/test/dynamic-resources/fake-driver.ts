import { rmSync } from 'node:fs'
import { Server, ServerCredentials, type ServerUnaryCall, type sendUnaryData, status } from '@grpc/grpc-js'
import { decode, encode, type Message, type MessageName } from '../../src/dynamic-resources/messages.ts'

type Handler<Asked extends MessageName, Answer extends MessageName> = (message: Message<Asked>) => Message<Answer>

const method = <Asked extends MessageName, Answer extends MessageName>(path: string, asked: Asked, answer: Answer) => ({
  path,
  requestStream: false as const,
  responseStream: false as const,
  requestSerialize: encode(asked),
  requestDeserialize: decode(asked),
  responseSerialize: encode(answer),
  responseDeserialize: decode(answer),
})

const registration = {
  GetInfo: method('/pluginregistration.Registration/GetInfo', 'Empty', 'PluginInfo'),
  NotifyRegistrationStatus: method(
    '/pluginregistration.Registration/NotifyRegistrationStatus',
    'RegistrationStatus',
    'Empty',
  ),
}
const dra = {
  NodePrepareResources: method(
    '/k8s.io.kubelet.pkg.apis.dra.v1.DRAPlugin/NodePrepareResources',
    'Claims',
    'PrepareAnswer',
  ),
  NodeUnprepareResources: method(
    '/k8s.io.kubelet.pkg.apis.dra.v1.DRAPlugin/NodeUnprepareResources',
    'Claims',
    'UnprepareAnswer',
  ),
}

/** A driver of dynamic resources, with its registration and its own API on one socket. */
export class FakeDriver {
  readonly prepared: string[] = []
  readonly unprepared: string[] = []
  readonly told: Message<'RegistrationStatus'>[] = []
  problem = ''
  readonly #server = new Server()
  readonly #socket: string

  constructor(socket: string, info: Partial<Message<'PluginInfo'>> = {}) {
    this.#socket = socket
    const plugin = {
      type: 'DRAPlugin',
      name: 'gpu.example.com',
      endpoint: '',
      supportedVersions: ['v1.DRAPlugin'],
      ...info,
    }
    this.#server.addService(registration, {
      GetInfo: answer<'Empty', 'PluginInfo'>(() => plugin),
      NotifyRegistrationStatus: answer<'RegistrationStatus', 'Empty'>((message) => {
        this.told.push(message)
        return {}
      }),
    })
    this.#server.addService(dra, {
      NodePrepareResources: answer<'Claims', 'PrepareAnswer'>(({ claims }) => ({
        claims: claims.map(({ uid, name }) => {
          this.prepared.push(name)
          const device = { requestNames: ['r'], poolName: 'n', deviceName: 'a', cdiDeviceIds: ['example.com/gpu=a'] }
          return { key: uid, value: { devices: this.problem ? [] : [device], error: this.problem } }
        }),
      })),
      NodeUnprepareResources: answer<'Claims', 'UnprepareAnswer'>(({ claims }) => ({
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
  <Asked extends MessageName, Answer extends MessageName>(handler: Handler<Asked, Answer>) =>
  ({ request }: ServerUnaryCall<Message<Asked>, Message<Answer>>, done: sendUnaryData<Message<Answer>>): void => {
    try {
      done(null, handler(request))
    } catch (error) {
      done({ code: status.INTERNAL, details: String(error) })
    }
  }
