import type { RemoteCommandOptions, RemoteCommandStreams, TerminalSize } from './remote-command.ts'
import { ended, parseTerminalSize, statusText } from './remote-command-websocket.ts'
import { SpdyConnection } from './spdy/connection.ts'
import type { SpdyStream } from './spdy/stream.ts'
import { acceptSpdy, negotiate, type Upgrade } from './upgrade.ts'

const protocols = ['v4.channel.k8s.io', 'v3.channel.k8s.io', 'v2.channel.k8s.io', 'channel.k8s.io']
const creationTimeoutMs = 30_000

/** Every stream says what it is in its header `streamtype`; the exchange begins when all that were asked for are there. */
export async function acceptSpdyCommand(
  upgrade: Upgrade,
  options: RemoteCommandOptions,
): Promise<RemoteCommandStreams> {
  const protocol = negotiate(upgrade.request, protocols)
  const hasStatus = protocol === 'v4.channel.k8s.io'
  const hasSizes = hasStatus || protocol === 'v3.channel.k8s.io'
  const expected = [
    'error',
    ...(options.stdin ? ['stdin'] : []),
    ...(options.stdout ? ['stdout'] : []),
    ...(options.stderr && !options.tty ? ['stderr'] : []),
    ...(options.tty && hasSizes ? ['resize'] : []),
  ]
  const { streams, connection } = await collect(upgrade, { protocol, expected })
  const gone = new AbortController()
  connection.closed.then(() => gone.abort())
  const [stdin, stdout, stderr, error] = ['stdin', 'stdout', 'stderr', 'error'].map((type) => streams.get(type))

  return {
    stdin,
    stdout,
    stderr,
    signal: gone.signal,
    onResize: (handler) => readSizes(streams.get('resize'), handler),
    async finish(status) {
      await Promise.all([ended(stdout), ended(stderr)])
      const text = statusText(status, hasStatus)
      if (text !== '') error?.write(text)
      await Promise.all([ended(error), ended(stdin), ended(streams.get('resize'))])
      connection.close()
    },
  }
}

function collect(upgrade: Upgrade, { protocol, expected }: { protocol: string; expected: readonly string[] }) {
  const streams = new Map<string, SpdyStream>()
  return new Promise<{ streams: Map<string, SpdyStream>; connection: SpdyConnection }>((resolve, reject) => {
    const connection = new SpdyConnection(acceptSpdy(upgrade, protocol), {
      role: 'server',
      onStream(stream) {
        const type = stream.headers.streamtype ?? ''
        if (!expected.includes(type)) return void stream.destroy()
        streams.set(type, stream)
        if (streams.size < expected.length) return
        clearTimeout(timer)
        resolve({ streams, connection })
      },
    })
    const timer = setTimeout(() => {
      connection.close()
      reject(new Error('timed out waiting for client to create streams'))
    }, creationTimeoutMs)
    connection.closed.then(() => {
      clearTimeout(timer)
      reject(new Error('the client is gone'))
    })
  })
}

/** Sizes come as JSON values one after the other, cut wherever the network cut them. */
function readSizes(stream: SpdyStream | undefined, handler: (size: TerminalSize) => void): void {
  let pending = ''
  stream?.on('data', (chunk: Buffer) => {
    pending += chunk.toString('utf8')
    for (let end = pending.indexOf('}'); end >= 0; end = pending.indexOf('}')) {
      const size = parseTerminalSize(Buffer.from(pending.slice(0, end + 1)))
      pending = pending.slice(end + 1)
      if (size) handler(size)
    }
  })
}
