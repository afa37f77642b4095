import { type Duplex, PassThrough, type Readable } from 'node:stream'
import type Docker from 'dockerode'
import type {
  AttachOptions,
  AttachSession,
  ExecOptions,
  ExecResult,
  ExecSession,
  LogOptions,
  LogStream,
} from '../runtime.ts'
import { demultiplex } from './demultiplex.ts'

/** As much of a probe's or hook's output as is kept. */
const outputLimit = 16 * 1024

const split = (stream: Readable, tty: boolean): { stdout: Readable; stderr: Readable } => {
  if (!tty) return demultiplex(stream)
  const stdout = new PassThrough()
  stream.on('error', () => stdout.end()).on('close', () => stdout.end())
  stream.pipe(stdout)
  return { stdout, stderr: new PassThrough().end() as PassThrough }
}

export async function execIn(docker: Docker, id: string, options: ExecOptions): Promise<ExecSession> {
  const exec = await docker.getContainer(id).exec({
    Cmd: [...options.command],
    AttachStdin: options.stdin,
    AttachStdout: options.stdout || options.tty,
    AttachStderr: options.stderr && !options.tty,
    Tty: options.tty,
  })
  const stream: Duplex = await exec.start({ hijack: true, stdin: options.stdin, Tty: options.tty })
  const closed = new Promise<void>((resolve) => stream.once('close', resolve).once('end', resolve))
  return {
    stdin: stream,
    ...split(stream, options.tty),
    exitCode: closed.then(() => exitCodeOf(exec)),
    resize: async ({ width, height }) => exec.resize({ w: width, h: height }),
    close: () => stream.destroy(),
  }
}

/** The stream ends a moment before the engine has noted the exit code. */
async function exitCodeOf(exec: Docker.Exec): Promise<number> {
  for (let wait = 1; ; wait = Math.min(wait * 2, 100)) {
    const { ExitCode: code, Running: running } = await exec.inspect()
    if (!running && code !== null) return code
    await new Promise((resolve) => setTimeout(resolve, wait))
  }
}

export async function execSyncIn(
  docker: Docker,
  id: string,
  { command, signal }: { command: readonly string[]; signal?: AbortSignal },
): Promise<ExecResult> {
  signal?.throwIfAborted()
  const exec = await docker.getContainer(id).exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true })
  const stream: Duplex = await exec.start({ hijack: true, stdin: false })
  const { stdout, stderr } = demultiplex(stream)
  let output = ''
  const collect = (chunk: Buffer) => {
    if (output.length < outputLimit) output += chunk.toString().slice(0, outputLimit - output.length)
  }
  stdout.on('data', collect)
  stderr.on('data', collect)
  const aborted = () => {
    void killExec(exec)
    stream.destroy()
  }
  signal?.addEventListener('abort', aborted, { once: true })
  try {
    await Promise.all([stdout, stderr].map((part) => new Promise((resolve) => part.once('end', resolve))))
    signal?.throwIfAborted()
    return { exitCode: await exitCodeOf(exec), output }
  } finally {
    signal?.removeEventListener('abort', aborted)
  }
}

/** The engine has no call for it; the process it started has a pid on this host. */
async function killExec(exec: Docker.Exec): Promise<void> {
  try {
    const { Pid: pid, Running: running } = await exec.inspect()
    if (running && pid > 0) process.kill(pid, 'SIGKILL')
  } catch {
    // Gone in the meantime.
  }
}

export async function attachTo(docker: Docker, id: string, options: AttachOptions): Promise<AttachSession> {
  const container = docker.getContainer(id)
  const stream = (await container.attach({
    stream: true,
    hijack: true,
    stdin: options.stdin,
    stdout: options.stdout,
    stderr: options.stderr && !options.tty,
  })) as Duplex
  return {
    stdin: stream,
    ...split(stream, options.tty),
    resize: async ({ width, height }) => container.resize({ w: width, h: height }),
    close: () => stream.destroy(),
  }
}

export async function logsOf(docker: Docker, id: string, options: LogOptions): Promise<LogStream> {
  const container = docker.getContainer(id)
  const { Config: config } = await container.inspect()
  const selection = {
    stdout: options.stream !== 'Stderr',
    stderr: options.stream !== 'Stdout',
    timestamps: options.timestamps,
    ...(options.since === undefined ? {} : { since: (options.since / 1000).toFixed(3) as unknown as number }),
    ...(options.tailLines === undefined ? {} : { tail: options.tailLines }),
  }
  if (!options.follow) {
    const whole = await container.logs({ ...selection, follow: false })
    const readable = new PassThrough()
    const source = new PassThrough()
    source.end(whole)
    join(config.Tty ? { stdout: source } : demultiplex(source), readable)
    return { readable, close: () => readable.destroy() }
  }
  const stream = (await container.logs({ ...selection, follow: true })) as unknown as Readable
  const readable = new PassThrough()
  join(config.Tty ? { stdout: stream } : demultiplex(stream), readable)
  const close = () => {
    stream.destroy()
    readable.destroy()
  }
  readable.once('close', () => stream.destroy())
  return { readable, close }
}

/** Both streams in the order they come. */
function join({ stdout, stderr }: { stdout: Readable; stderr?: Readable }, target: PassThrough): void {
  const parts = stderr ? [stdout, stderr] : [stdout]
  let open = parts.length
  for (const part of parts) {
    part.pipe(target, { end: false })
    const ended = () => {
      if (--open === 0) target.end()
    }
    part.once('end', ended)
    part.once('error', () => target.end())
  }
}
