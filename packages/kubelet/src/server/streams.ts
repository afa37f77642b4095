import {
  acceptPortForward,
  acceptRemoteCommand,
  commandExited,
  commandFailed,
  commandSucceeded,
  type ForwardedConnection,
  type RemoteCommandOptions,
  type RemoteCommandStreams,
  type Upgrade,
  UpgradeError,
} from '@tandem/component-base/streaming/index'
import type { AttachSession } from '../container-runtime/runtime.ts'
import { findContainer, readySandbox } from '../lifecycle/pod-containers.ts'
import { findContainerStates, findPod } from './find-container.ts'
import { RequestError } from './request-error.ts'
import type { ServerContext } from './server.ts'

export interface UpgradeExchange {
  upgrade: Upgrade
  url: URL
  context: ServerContext
}

type StreamRoute = (exchange: UpgradeExchange, parts: readonly string[]) => Promise<void>

const routes: Readonly<Record<string, StreamRoute>> = { exec, attach, portForward }

/** exec, attach and port-forward. Throws RequestError before anything was answered. */
export async function handleUpgrade(exchange: UpgradeExchange): Promise<void> {
  const [, first = '', ...rest] = exchange.url.pathname.split('/')
  const route = Object.hasOwn(routes, first) ? routes[first] : undefined
  if (!route) throw new RequestError(404, '404 page not found')
  try {
    await route(exchange, rest.map(decodeURIComponent))
  } catch (error) {
    if (error instanceof UpgradeError) throw new RequestError(error.status, error.message)
    throw error
  }
}

/** Both spellings: the kubelet's own (`input`, `output`, `error`) and the API server's. */
function commandOptions(query: URLSearchParams): RemoteCommandOptions {
  const flag = (...names: string[]): boolean => names.some((name) => ['1', 'true'].includes(query.get(name) ?? ''))
  return {
    stdin: flag('input', 'stdin'),
    stdout: flag('output', 'stdout'),
    stderr: flag('error', 'stderr'),
    tty: flag('tty'),
  }
}

async function exec({ upgrade, url, context }: UpgradeExchange, parts: readonly string[]): Promise<void> {
  const { id } = await runningContainer(context, parts)
  const options = commandOptions(url.searchParams)
  const command = url.searchParams.getAll('command')
  if (command.length === 0) throw new RequestError(400, 'you must specify a command')
  const streams = await acceptRemoteCommand(upgrade, options)
  try {
    const session = await context.runtime.exec(id, { command, ...options })
    connect(session, streams)
    await drained(session, streams)
    await streams.finish(commandExited(await session.exitCode))
  } catch (error) {
    await streams.finish(commandFailed(error instanceof Error ? error.message : String(error)))
  }
}

async function attach({ upgrade, url, context }: UpgradeExchange, parts: readonly string[]): Promise<void> {
  const { id, tty } = await runningContainer(context, parts)
  const options = { ...commandOptions(url.searchParams), tty }
  const streams = await acceptRemoteCommand(upgrade, options)
  try {
    const session = await context.runtime.attach(id, options)
    connect(session, streams)
    await drained(session, streams)
    await streams.finish(commandSucceeded)
  } catch (error) {
    await streams.finish(commandFailed(error instanceof Error ? error.message : String(error)))
  }
}

async function runningContainer(
  context: ServerContext,
  parts: readonly string[],
): Promise<{ id: string; tty: boolean }> {
  // `/exec/<namespace>/<pod>[/<uid>]/<container>`
  const [namespace = '', podName = ''] = parts
  const container = parts.at(-1) ?? ''
  const { pod, attempts } = await findContainerStates(context, { namespace, podName, container })
  const [newest] = attempts
  if (newest.state !== 'running') throw new RequestError(400, `container not found ("${container}")`)
  return { id: newest.id, tty: findContainer(pod, container)?.container.tty ?? false }
}

function connect(session: AttachSession, streams: RemoteCommandStreams): void {
  streams.stdin?.pipe(session.stdin)
  // A process that no longer reads is no fault of the user's.
  session.stdin.on('error', () => {})
  if (streams.stdout) session.stdout.pipe(streams.stdout, { end: false })
  else session.stdout.resume()
  if (streams.stderr) session.stderr.pipe(streams.stderr, { end: false })
  else session.stderr.resume()
  streams.onResize((size) => {
    session.resize(size).catch(() => {})
  })
  streams.signal.addEventListener('abort', () => session.close(), { once: true })
}

/** Resolves when the process has said all it had to say, or the user is gone. */
const drained = (session: AttachSession, { signal }: RemoteCommandStreams): Promise<unknown> =>
  Promise.race([
    Promise.all(
      [session.stdout, session.stderr].map(
        (part) =>
          new Promise((resolve) =>
            part.readableEnded ? resolve(undefined) : part.once('end', resolve).once('close', resolve),
          ),
      ),
    ),
    new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true })),
  ])

async function portForward({ upgrade, url, context }: UpgradeExchange, parts: readonly string[]): Promise<void> {
  const [namespace = '', podName = ''] = parts
  const pod = findPod(context, namespace, podName)
  const state = await context.runtime.podState(pod.metadata.uid)
  const sandbox = readySandbox(pod, state)
  if (!sandbox) throw new RequestError(404, `pod "${podName}" has no sandbox`)
  const ports = url.searchParams
    .getAll('port')
    .concat(url.searchParams.getAll('ports'))
    .flatMap((list) => list.split(','))
    .map(Number)
  const forward = await acceptPortForward(upgrade, {
    ports,
    onConnection: (connection) => void serve(connection, sandbox.id, context),
  })
  await forward.closed
}

async function serve(
  { port, data, error }: ForwardedConnection,
  sandboxId: string,
  { runtime }: ServerContext,
): Promise<void> {
  try {
    const target = await runtime.connect(sandboxId, port)
    target.on('error', () => data.destroy())
    data.on('error', () => target.destroy())
    data.pipe(target)
    target.pipe(data)
    await new Promise((resolve) => data.once('close', resolve))
    target.destroy()
    error.end()
  } catch (failure) {
    const reason = failure instanceof Error ? failure.message : String(failure)
    error.end(
      `error forwarding port ${port} to pod ${sandboxId}, uid : failed to connect to localhost:${port} inside namespace "${sandboxId}": ${reason}`,
    )
    data.destroy()
  }
}
