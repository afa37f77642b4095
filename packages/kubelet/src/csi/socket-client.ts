import { Client, credentials, Metadata } from '@grpc/grpc-js'
import type { Method } from './messages.ts'

const twoMinutes = 2 * 60_000

/** gRPC over a socket of this host. Errors read as upstream's: `rpc error: code = Internal desc = …`. */
export class SocketClient {
  readonly #client: Client

  constructor(path: string) {
    this.#client = new Client(`unix://${path}`, credentials.createInsecure(), {
      'grpc.enable_http_proxy': 0,
      'grpc.use_local_subchannel_pool': 1,
      'grpc.max_reconnect_backoff_ms': 1_000,
    })
  }

  call<Request, Response>(
    { path, encode, decode }: Method<Request, Response>,
    request: Request,
    { milliseconds = twoMinutes }: { milliseconds?: number } = {},
  ): Promise<Response> {
    const options = { deadline: Date.now() + milliseconds }
    return new Promise((resolve, reject) => {
      this.#client.makeUnaryRequest(path, encode, decode, request, new Metadata(), options, (error, response) => {
        if (!error) return resolve(response as Response)
        const message = `rpc error: code = ${codes[error.code] ?? 'Unknown'} desc = ${error.details}`
        reject(new Error(message, { cause: error }))
      })
    })
  }

  close(): void {
    this.#client.close()
  }
}

const codes = (
  'OK Canceled Unknown InvalidArgument DeadlineExceeded NotFound AlreadyExists PermissionDenied ResourceExhausted ' +
  'FailedPrecondition Aborted OutOfRange Unimplemented Internal Unavailable DataLoss Unauthenticated'
).split(' ')
