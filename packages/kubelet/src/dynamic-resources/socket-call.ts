import { Client, credentials, type ServiceError } from '@grpc/grpc-js'
import { decode, encode, type Message, type MessageName } from './messages.ts'

/** Upstream's patience with drivers. */
const timeout = 45_000

export interface Call<Asked extends MessageName, Answer extends MessageName> {
  path: string
  asked: Asked
  answer: Answer
  message: Message<Asked>
}

/** A gRPC service behind a socket of this host. */
export class SocketService {
  readonly #client: Client

  constructor(socket: string) {
    this.#client = new Client(`unix:${socket}`, credentials.createInsecure())
  }

  call<Asked extends MessageName, Answer extends MessageName>({
    path,
    asked,
    answer,
    message,
  }: Call<Asked, Answer>): Promise<Message<Answer>> {
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(
        path,
        encode(asked),
        decode(answer),
        message,
        { deadline: Date.now() + timeout },
        (error: ServiceError | null, value?: Message<Answer>) => (value ? resolve(value) : reject(error)),
      )
    })
  }

  close(): void {
    this.#client.close()
  }
}
