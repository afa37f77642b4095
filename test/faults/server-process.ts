import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { kill as killProcess } from 'node:process'
import { createInterface } from 'node:readline'
import { startTestServer, type TestServer } from '@tandem/api-server/testing/server'
import { Agent, type Dispatcher, request } from 'undici'

const binary = join(import.meta.dirname, '../../packages/api-server/src/main.ts')

/** The API server as a process of its own, to be killed, with the keys and certificates that a test server made. */
export interface ServerProcess {
  /** Resolves when it serves. It keeps the port it got first. */
  start(): Promise<void>
  /** Starts it, and kills it that many milliseconds later, wherever it is by then. */
  startBriefly(milliseconds: number): Promise<void>
  kill(): Promise<void>
  readonly pid: number | undefined
  ask(method: string, path: string, body?: object): Promise<{ code: number; body: Dispatcher.ResponseData['body'] }>
  close(): Promise<void>
}

export async function serverProcess(
  options: { dataDir?: string; wrapper?: readonly string[] } = {},
): Promise<ServerProcess> {
  const files: TestServer = await startTestServer()
  const { certificate, key, certificateAuthority } = await files.clientConfig()
  await files.server.stop()
  const { port } = files.server
  const { dataDir = join(files.directory, 'killed'), wrapper = [] } = options
  const args = Object.entries({
    'bind-address': '127.0.0.1',
    'advertise-address': '192.0.2.1',
    'secure-port': port,
    'data-dir': dataDir,
    'tls-cert-file': join(files.directory, 'apiserver.crt'),
    'tls-private-key-file': join(files.directory, 'apiserver.key'),
    'client-ca-file': join(files.directory, 'ca.crt'),
    'service-account-signing-key-file': join(files.directory, 'sa.key'),
  }).map(([name, value]) => `--${name}=${value}`)
  const dispatcher = new Agent({ connect: { cert: certificate, key, ca: certificateAuthority }, bodyTimeout: 0 })
  let child: ChildProcess | undefined

  const spawned = (): ChildProcess => {
    const [command = process.execPath, ...rest] = [...wrapper, process.execPath, binary, ...args]
    return spawn(command, rest, { stdio: ['ignore', 'ignore', 'pipe'] })
  }
  const ended = async (process: ChildProcess) => {
    if (process.exitCode !== null || process.signalCode !== null) return
    const closed = once(process, 'close')
    // Under a wrapper it is the wrapper's child, with whose end the wrapper ends too.
    const children = wrapper.length > 0 ? readFileSync(`/proc/${process.pid}/task/${process.pid}/children`, 'utf8') : ''
    for (const pid of children.split(' ').filter(Boolean)) killProcess(Number(pid), 'SIGKILL')
    if (wrapper.length === 0) process.kill('SIGKILL')
    await closed
  }
  return {
    async start() {
      child = spawned()
      const output: string[] = []
      const lines = createInterface({ input: child.stderr ?? process.stdin })
      await new Promise<void>((resolve, reject) => {
        lines.on('line', (line) => {
          output.push(line)
          if (line.includes('"msg":"serving"')) resolve()
        })
        child?.once('exit', () => reject(new Error(`the API server ended: ${output.join('\n')}`)))
      })
      child.removeAllListeners('exit')
    },
    async startBriefly(milliseconds) {
      const brief = spawned()
      brief.stderr?.resume()
      await new Promise((resolve) => setTimeout(resolve, milliseconds))
      await ended(brief)
    },
    async kill() {
      if (child) await ended(child)
      child = undefined
    },
    get pid() {
      return child?.pid
    },
    async ask(method, path, body) {
      const answer = await request(files.url + path, {
        method: method as 'GET',
        dispatcher,
        ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
      })
      return { code: answer.statusCode, body: answer.body }
    },
    async close() {
      if (child) await ended(child)
      await dispatcher.destroy()
      await files.stop()
    },
  }
}
