import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A real etcd on loopback: one member, or one of several. */
export interface EtcdServer {
  readonly url: string
  kill(): Promise<void>
  /** Starts it again over what it has on disk. */
  start(): Promise<void>
  /** Stops it and removes its data. */
  remove(): Promise<void>
}

export interface EtcdServerOptions {
  /** Client certificates are asked for when given. */
  tls?: { caFile: string; certFile: string; keyFile: string }
  /** More flags of etcd's. */
  flags?: readonly string[]
}

/** Where the binary is; undefined on a host without one. */
export const etcdBinary = (): string | undefined =>
  (process.env.PATH ?? '')
    .split(delimiter)
    .map((directory) => join(directory, 'etcd'))
    .find((path) => existsSync(path))

export async function startEtcd(options: EtcdServerOptions = {}): Promise<EtcdServer> {
  const [server] = await startEtcdCluster(1, options)
  if (!server) throw new Error('no etcd')
  return server
}

/** Several members that elect a leader among them. */
export async function startEtcdCluster(size: number, options: EtcdServerOptions = {}): Promise<EtcdServer[]> {
  const members = await Promise.all(
    Array.from({ length: size }, async (_, i) => ({
      name: `m${i}`,
      client: await freePort(),
      peer: await freePort(),
      directory: await mkdtemp(join(tmpdir(), 'tandem-etcd-')),
    })),
  )
  const cluster = members.map(({ name, peer }) => `${name}=http://127.0.0.1:${peer}`).join(',')
  const servers = members.map((member) => new Member(member, cluster, options))
  await Promise.all(servers.map((server) => server.start()))
  return servers
}

interface Place {
  name: string
  client: number
  peer: number
  directory: string
}

class Member implements EtcdServer {
  readonly url: string
  readonly #directory: string
  readonly #arguments: string[]
  #process: ChildProcess | undefined

  constructor({ name, client, peer, directory }: Place, cluster: string, { tls, flags = [] }: EtcdServerOptions) {
    this.url = `${tls ? 'https' : 'http'}://127.0.0.1:${client}`
    this.#directory = directory
    const peerUrl = `http://127.0.0.1:${peer}`
    this.#arguments = [
      ...[`--name=${name}`, `--data-dir=${directory}`, `--initial-cluster=${cluster}`, '--log-level=error'],
      ...[`--listen-client-urls=${this.url}`, `--advertise-client-urls=${this.url}`],
      ...[`--listen-peer-urls=${peerUrl}`, `--initial-advertise-peer-urls=${peerUrl}`],
      ...(tls
        ? [
            ...[`--cert-file=${tls.certFile}`, `--key-file=${tls.keyFile}`],
            ...[`--trusted-ca-file=${tls.caFile}`, '--client-cert-auth'],
          ]
        : []),
      ...flags,
    ]
  }

  async start(): Promise<void> {
    const binary = etcdBinary()
    if (!binary) throw new Error('etcd is not on PATH: scripts/setup etcd brings it')
    const child = spawn(binary, this.#arguments, { stdio: 'ignore', env: { PATH: process.env.PATH } })
    this.#process = child
    const port = Number(new URL(this.url).port)
    for (let i = 0; i < 600; i++) {
      if (child.exitCode !== null) throw new Error(`etcd ended with ${child.exitCode}`)
      if (await accepts(port)) return
      await sleep(50)
    }
    throw new Error('etcd does not listen')
  }

  async kill(): Promise<void> {
    const child = this.#process
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  async remove(): Promise<void> {
    await this.kill()
    await rm(this.#directory, { recursive: true, force: true })
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  return typeof address === 'object' && address ? address.port : 0
}

async function accepts(port: number): Promise<boolean> {
  const socket = connect(port, '127.0.0.1')
  try {
    await once(socket, 'connect')
    return true
  } catch {
    return false
  } finally {
    socket.destroy()
  }
}
