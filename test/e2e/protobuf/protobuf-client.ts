import type { IncomingMessage } from 'node:http'
import { Agent, request } from 'node:https'
import { KubeConfig } from '@kubernetes/client-node'
import type { Root } from 'protobufjs'

export const protobufType = 'application/vnd.kubernetes.protobuf'
const streamType = `${protobufType};stream=watch`
const magic = Buffer.from('k8s\0')
const meta = 'k8s.io.apimachinery.pkg.apis.meta.v1'

/** A decoded message, read field by field. */
// biome-ignore lint/suspicious/noExplicitAny: messages of all shapes are looked into
export type Message = Record<string, any>

export interface Decoded {
  apiVersion: string
  kind: string
  object: Message
}

export interface Reply extends Decoded {
  code: number
}

export interface Asking {
  body?: Uint8Array
  contentType?: string
  accept?: string
}

/** A client that sends and takes protobuf alone, on descriptors that are not Tandem's. */
export class ProtobufClient {
  readonly #messages: Root
  readonly #server: string
  readonly #agent: Agent

  constructor(kubeconfig: string, messages: Root) {
    const config = new KubeConfig()
    config.loadFromFile(kubeconfig)
    const cluster = config.getCurrentCluster()
    const user = config.getCurrentUser()
    const pem = (data: string | undefined) => Buffer.from(data ?? '', 'base64')
    this.#messages = messages
    this.#server = cluster?.server ?? ''
    this.#agent = new Agent({ ca: pem(cluster?.caData), cert: pem(user?.certData), key: pem(user?.keyData) })
  }

  /** An object in its envelope, as a body. */
  encode(apiVersion: string, kind: string, object: Message): Buffer {
    const message = this.#type(apiVersion, kind)
    const raw = message.encode(message.fromObject(object)).finish()
    const unknown = this.#messages.lookupType('k8s.io.apimachinery.pkg.runtime.Unknown')
    return Buffer.concat([magic, unknown.encode({ typeMeta: { apiVersion, kind }, raw }).finish()])
  }

  decode(bytes: Buffer): Decoded {
    if (!bytes.subarray(0, magic.length).equals(magic)) throw new Error(`no envelope: ${bytes.toString('latin1')}`)
    const unknown = this.#messages.lookupType('k8s.io.apimachinery.pkg.runtime.Unknown')
    const { typeMeta, raw } = unknown.decode(bytes.subarray(magic.length)) as Message
    const { apiVersion, kind } = typeMeta
    const message = this.#type(apiVersion, kind)
    const object = message.toObject(message.decode(raw), { longs: Number, arrays: true })
    return { apiVersion, kind, object }
  }

  /** Rejects answers that are no protobuf. */
  async ask(method: string, path: string, asking: Asking = {}): Promise<Reply> {
    const answer = await this.#send(method, path, asking)
    const bytes = await bytesOf(answer)
    const type = answer.headers['content-type'] ?? ''
    if (type !== protobufType) throw new Error(`${method} ${path} was answered with ${type}: ${bytes.toString()}`)
    return { code: answer.statusCode ?? 0, ...this.decode(bytes) }
  }

  /** Events as they come: four bytes of length, then one event. */
  async *watch(path: string): AsyncGenerator<{ type: string } & Decoded> {
    const answer = await this.#send('GET', path, { accept: `${streamType},${protobufType}` })
    if (answer.headers['content-type'] !== streamType) throw new Error(`${path}: ${answer.headers['content-type']}`)
    const event = this.#messages.lookupType(`${meta}.WatchEvent`)
    let unread = Buffer.alloc(0)
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      unread = Buffer.concat([unread, chunk])
      while (unread.length >= 4 && unread.length >= 4 + unread.readUInt32BE()) {
        const end = 4 + unread.readUInt32BE()
        const { type, object } = event.decode(unread.subarray(4, end)) as Message
        unread = unread.subarray(end)
        yield { type, ...this.decode(Buffer.from(object.raw)) }
      }
    }
  }

  close(): void {
    this.#agent.destroy()
  }

  #send(method: string, path: string, { body, contentType, accept }: Asking): Promise<IncomingMessage> {
    return new Promise((resolve, reject) => {
      const headers = {
        accept: accept ?? protobufType,
        ...(body && { 'content-type': contentType ?? protobufType, 'content-length': body.length }),
      }
      request(this.#server + path, { method, headers, agent: this.#agent }, resolve)
        .once('error', reject)
        .end(body)
    })
  }

  #type(apiVersion: string, kind: string) {
    const [version = '', group = 'core'] = apiVersion.split('/').reverse()
    const ofMeta = this.#messages.lookup(`${meta}.${kind}`)
    const name = `k8s.io.api.${group.split('.')[0]}.${version}.${kind}`
    return this.#messages.lookupType(
      version === 'v1' && ofMeta && !this.#messages.lookup(name) ? `${meta}.${kind}` : name,
    )
  }
}

async function bytesOf(answer: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of answer as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}
