import { spawn } from 'node:child_process'

/** Runs one program to its end. Throws CommandError when it cannot start or does not exit with 0. */
export type RunCommand = (program: string, args: readonly string[], options?: CommandOptions) => Promise<string>

export interface CommandOptions {
  /** Written to standard input, which is then closed. */
  input?: string
}

export class CommandError extends Error {
  readonly code = 'NETFILTER_COMMAND_FAILED'
  readonly program: string
  readonly exitCode: number | undefined
  readonly stderr: string
  constructor(program: string, { exitCode, stderr, cause }: { exitCode?: number; stderr: string; cause?: unknown }) {
    super(`${program} ${exitCode === undefined ? 'did not run' : `exited with ${exitCode}`}: ${stderr.trim()}`, {
      cause,
    })
    this.program = program
    this.exitCode = exitCode
    this.stderr = stderr
  }
}

export const runCommand: RunCommand = (program, args, { input } = {}) =>
  new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] })
    const out: Buffer[] = []
    const err: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk))
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk))
    // A program that fails early closes its input; its exit code tells more than EPIPE.
    child.stdin.on('error', () => {})
    child.stdin.end(input ?? '')
    child.once('error', (cause) => reject(new CommandError(program, { stderr: cause.message, cause })))
    child.once('close', (exitCode) => {
      if (exitCode === 0) resolve(Buffer.concat(out).toString())
      else reject(new CommandError(program, { exitCode: exitCode ?? -1, stderr: Buffer.concat(err).toString() }))
    })
  })

/** Runs programs in the network namespace that a path names, such as `/run/netns/blue` or `/proc/42/ns/net`. */
export const inNetworkNamespace =
  (path: string, run: RunCommand = runCommand): RunCommand =>
  (program, args, options) =>
    run('nsenter', [`--net=${path}`, program, ...args], options)
