import { isIP } from 'node:net'
import { checkServerIdentity } from 'node:tls'
import { type ChannelCredentials, type ChannelOptions, Client, credentials, Metadata } from '@grpc/grpc-js'
import type { Method } from './messages.ts'

/** PEM. */
export interface TlsMaterial {
  ca?: Buffer | undefined
  cert?: Buffer | undefined
  key?: Buffer | undefined
}

const channelOptions: ChannelOptions = {
  'grpc.enable_http_proxy': 0,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.max_receive_message_length': -1,
  'grpc.max_send_message_length': -1,
  'grpc.keepalive_time_ms': 30_000,
  'grpc.keepalive_timeout_ms': 10_000,
  'grpc.initial_reconnect_backoff_ms': 100,
  'grpc.min_reconnect_backoff_ms': 100,
  // An etcd that came back is found within this time.
  'grpc.max_reconnect_backoff_ms': 1_000,
}

/** One member of etcd. Watches have a connection of their own, so that no burst of theirs holds up a request. */
export class Endpoint {
  readonly #requests: Client
  readonly #watches: Client

  constructor(server: string, tls: TlsMaterial) {
    const { host, port, isSecure } = parseServer(server)
    const open = () =>
      new Client(`dns:${host}:${port}`, isSecure ? secure(host, tls) : credentials.createInsecure(), {
        ...channelOptions,
        ...(isSecure && announced(host)),
      })
    this.#requests = open()
    this.#watches = open()
  }

  call<Request, Response>(
    { path, encode, decode }: Method<Request, Response>,
    request: Request,
    { milliseconds }: { milliseconds: number },
  ): Promise<Response> {
    const deadline = Date.now() + milliseconds
    return new Promise((resolve, reject) => {
      this.#requests.makeUnaryRequest(path, encode, decode, request, new Metadata(), { deadline }, (error, response) =>
        error ? reject(error) : resolve(response as Response),
      )
    })
  }

  /** Sends one request, and yields what comes until the signal aborts. */
  async *stream<Request, Response>(
    { path, encode, decode }: Method<Request, Response>,
    request: Request,
    signal: AbortSignal,
  ): AsyncGenerator<Response> {
    const metadata = new Metadata()
    // A member that was cut off from the others says so, and does not just fall silent.
    metadata.set('hasleader', 'true')
    const call = this.#watches.makeBidiStreamRequest(path, encode, decode, metadata)
    const cancel = () => call.cancel()
    // What comes after the reader has gone is nobody's.
    call.on('error', () => {})
    signal.addEventListener('abort', cancel, { once: true })
    try {
      if (signal.aborted) return
      call.write(request)
      for await (const response of call) yield response as Response
    } finally {
      signal.removeEventListener('abort', cancel)
      call.cancel()
    }
  }

  close(): void {
    this.#requests.close()
    this.#watches.close()
  }
}

function parseServer(server: string): { host: string; port: string; isSecure: boolean } {
  const url = URL.parse(server.includes('://') ? server : `http://${server}`)
  if (!url || !['http:', 'https:'].includes(url.protocol) || url.pathname !== '/' || url.search)
    throw new Error(`--etcd-servers: ${JSON.stringify(server)} is not of the form scheme://ip:port`)
  return { host: url.hostname, port: url.port || '2379', isSecure: url.protocol === 'https:' }
}

function secure(host: string, { ca, key, cert }: TlsMaterial): ChannelCredentials {
  const name = host.replace(/^\[|\]$/g, '')
  // Under the name that is given below, gRPC would look for that.
  return credentials.createSsl(ca ?? null, key ?? null, cert ?? null, {
    checkServerIdentity: (_, peer) => checkServerIdentity(name, peer),
  })
}

/** Node takes no address for the name that TLS announces, and gRPC announces whatever the target is. */
const announced = (host: string): ChannelOptions => {
  const isAddress = isIP(host.replace(/^\[|\]$/g, '')) > 0
  return isAddress ? { 'grpc.ssl_target_name_override': 'etcd' } : {}
}
