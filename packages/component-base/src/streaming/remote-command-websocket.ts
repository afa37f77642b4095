import { Readable, Writable } from 'node:stream'
import type { WebSocket } from 'ws'
import type { CommandStatus, RemoteCommandOptions, RemoteCommandStreams, TerminalSize } from './remote-command.ts'
import { acceptWebSocket, negotiate, type Upgrade } from './upgrade.ts'

const channels = { stdin: 0, stdout: 1, stderr: 2, error: 3, resize: 4, close: 255 } as const

/** Best first. The base64 ones are for clients that can only send text; those without a version know no Status and no sizes. */
const protocols = [
  'v5.channel.k8s.io',
  'v4.channel.k8s.io',
  'v4.base64.channel.k8s.io',
  'base64.channel.k8s.io',
  'channel.k8s.io',
]

/** Every message is one channel's: its number, then its bytes. */
export async function acceptWebSocketCommand(
  upgrade: Upgrade,
  options: RemoteCommandOptions,
): Promise<RemoteCommandStreams> {
  const protocol = negotiate(upgrade.request, protocols)
  const webSocket = await acceptWebSocket(upgrade, protocol)
  const base64 = protocol.includes('base64')
  const gone = new AbortController()
  let resized: (size: TerminalSize) => void = () => undefined
  let lastSize: TerminalSize | undefined

  const stdin = options.stdin ? new Readable({ read: () => webSocket.resume() }) : undefined
  const stdout = options.stdout ? channelWriter(webSocket, { channel: channels.stdout, base64 }) : undefined
  const stderr =
    options.stderr && !options.tty ? channelWriter(webSocket, { channel: channels.stderr, base64 }) : undefined

  const receive = (channel: number, data: Buffer): void => {
    if (channel === channels.stdin && stdin && !stdin.readableEnded) {
      if (data.length > 0 && !stdin.push(data)) webSocket.pause()
    } else if (channel === channels.close && data[0] === channels.stdin) {
      stdin?.push(null)
    } else if (channel === channels.resize) {
      const size = parseTerminalSize(data)
      if (size) {
        lastSize = size
        resized(size)
      }
    }
  }
  webSocket.on('message', (message: Buffer) => {
    if (message.length === 0) return
    const first = message[0] ?? 0
    if (base64) receive(first - 0x30, Buffer.from(message.toString('latin1', 1), 'base64'))
    else receive(first, message.subarray(1))
  })
  webSocket.once('close', () => {
    stdin?.push(null)
    gone.abort()
  })
  // Tells the client that the connection stands, before there is any output.
  const firstChannel = stdout ? channels.stdout : stderr ? channels.stderr : channels.error
  webSocket.send(encode(firstChannel, { data: Buffer.alloc(0), base64 }))

  return {
    stdin,
    stdout,
    stderr,
    signal: gone.signal,
    onResize(handler) {
      resized = handler
      if (lastSize) handler(lastSize)
    },
    async finish(status) {
      await Promise.all([ended(stdout), ended(stderr)])
      if (webSocket.readyState !== webSocket.OPEN) return
      const text = statusText(status, protocol.startsWith('v'))
      if (text !== '') webSocket.send(encode(channels.error, { data: Buffer.from(text), base64 }))
      webSocket.close(1000)
    },
  }
}

/** Before version 4 the error channel had words, and nothing when all was well. */
export const statusText = (status: CommandStatus, versioned: boolean): string =>
  versioned ? JSON.stringify(status) : status.status === 'Success' ? '' : (status.message ?? '')

export function parseTerminalSize(data: Buffer): TerminalSize | undefined {
  try {
    const size: { Width?: number; Height?: number } = JSON.parse(data.toString('utf8'))
    return size.Width && size.Height ? { width: size.Width, height: size.Height } : undefined
  } catch {
    return undefined
  }
}

/** Resolves when all that was written is on its way. */
export const ended = (stream: Writable | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (!stream || stream.destroyed || stream.writableFinished) return resolve()
    stream.once('close', resolve)
    stream.once('finish', resolve)
    stream.end()
  })

function encode(channel: number, { data, base64 }: { data: Buffer; base64: boolean }): Buffer | string {
  return base64 ? `${channel}${data.toString('base64')}` : Buffer.concat([Buffer.from([channel]), data])
}

function channelWriter(webSocket: WebSocket, { channel, base64 }: { channel: number; base64: boolean }): Writable {
  const writer = new Writable({
    write(data: Buffer, _encoding, done) {
      if (webSocket.readyState === webSocket.OPEN)
        webSocket.send(encode(channel, { data, base64 }), (error) => done(error))
      else done(new Error('the client is gone'))
    },
  })
  writer.on('error', () => undefined)
  return writer
}
