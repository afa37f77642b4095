import { Client, type ClientReadableStream, credentials, type ServiceError } from '@grpc/grpc-js'
import {
  type ContainerAllocation,
  type Device,
  type DevicePluginOptions,
  decode,
  encode,
  type Message,
  type MessageName,
} from './messages.ts'

const service = '/v1beta1.DevicePlugin'
/** Upstream's limit for a container's preparation; the same for every answer, so that no plugin holds up a pod for ever. */
const timeout = 30_000

/** One plugin, which speaks for the devices of one resource. */
export class DevicePlugin {
  readonly #client: Client
  readonly options: DevicePluginOptions
  #stream: ClientReadableStream<Message<'ListAndWatchResponse'>> | undefined

  constructor(socket: string, options: DevicePluginOptions) {
    this.#client = new Client(`unix:${socket}`, credentials.createInsecure())
    this.options = options
  }

  /** Tells of all devices, again each time something changes; `onEnd` when the plugin is gone. */
  watch(handler: { onDevices(devices: readonly Device[]): void; onEnd(error: Error | undefined): void }): void {
    const stream = this.#client.makeServerStreamRequest(
      `${service}/ListAndWatch`,
      encode('Empty'),
      decode('ListAndWatchResponse'),
      {},
    )
    this.#stream = stream
    let failure: Error | undefined
    stream.on('data', ({ devices }: Message<'ListAndWatchResponse'>) => handler.onDevices(devices))
    stream.on('error', (error) => {
      failure = error
    })
    stream.once('close', () => handler.onEnd(failure))
  }

  async allocate(ids: readonly string[]): Promise<ContainerAllocation> {
    const { containers } = await this.#call('Allocate', 'AllocateRequest', 'AllocateResponse', {
      containers: [{ ids: [...ids] }],
    })
    return containers[0] ?? { envs: [], mounts: [], devices: [], cdiDevices: [] }
  }

  async prepare(ids: readonly string[]): Promise<void> {
    await this.#call('PreStartContainer', 'ContainerDevices', 'Empty', { ids: [...ids] })
  }

  #call<Asked extends MessageName, Answer extends MessageName>(
    method: string,
    asked: Asked,
    answer: Answer,
    message: Message<Asked>,
  ): Promise<Message<Answer>> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        `${service}/${method}`,
        encode(asked),
        decode(answer),
        message,
        { deadline: Date.now() + timeout },
        (error: ServiceError | null, value?: Message<Answer>) => (value ? resolve(value) : reject(error)),
      )
    })
  }

  close(): void {
    this.#stream?.cancel()
    this.#client.close()
  }
}
