import type { Readable, Writable } from 'node:stream'
import { acceptSpdyCommand } from './remote-command-spdy.ts'
import { acceptWebSocketCommand } from './remote-command-websocket.ts'
import { type Upgrade, UpgradeError, upgradeKind } from './upgrade.ts'

/** Which streams an exec or attach asked for. With a terminal, stderr comes with stdout. */
export interface RemoteCommandOptions {
  stdin: boolean
  stdout: boolean
  stderr: boolean
  tty: boolean
}

export interface TerminalSize {
  width: number
  height: number
}

/** The other end of `kubectl exec` or `kubectl attach`. */
export interface RemoteCommandStreams {
  /** Ends when the user has no more to say. */
  readonly stdin: Readable | undefined
  readonly stdout: Writable | undefined
  readonly stderr: Writable | undefined
  onResize(handler: (size: TerminalSize) => void): void
  /** Tells how it ended, with a Status (`Success`, or `NonZeroExitCode` with the code as a cause), after all output; then closes. */
  finish(status: CommandStatus): Promise<void>
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal
}

/** The part of a Status that tells how a command ended. */
export interface CommandStatus {
  metadata: object
  status: 'Success' | 'Failure'
  reason?: string
  message?: string
  details?: object
  code?: number
}

export const commandSucceeded: CommandStatus = { metadata: {}, status: 'Success' }

export const commandExited = (exitCode: number): CommandStatus =>
  exitCode === 0
    ? commandSucceeded
    : {
        metadata: {},
        status: 'Failure',
        reason: 'NonZeroExitCode',
        message: `command terminated with non-zero exit code: error executing command, exit code ${exitCode}`,
        details: { causes: [{ reason: 'ExitCode', message: String(exitCode) }] },
      }

export const commandFailed = (message: string): CommandStatus => ({
  metadata: {},
  status: 'Failure',
  reason: 'InternalError',
  message: `Internal error occurred: ${message}`,
  details: { causes: [{ message }] },
  code: 500,
})

/** Takes an upgrade over, in whichever protocol the client asked for. Throws UpgradeError before anything was answered. */
export async function acceptRemoteCommand(
  upgrade: Upgrade,
  options: RemoteCommandOptions,
): Promise<RemoteCommandStreams> {
  if (!options.stdin && !options.stdout && !options.stderr) {
    throw new UpgradeError(400, 'you must specify at least 1 of stdin, stdout, stderr')
  }
  switch (upgradeKind(upgrade.request)) {
    case 'websocket':
      return acceptWebSocketCommand(upgrade, options)
    case 'spdy':
      return acceptSpdyCommand(upgrade, options)
    case 'other':
      throw new UpgradeError(400, 'unable to upgrade: missing upgrade headers in request')
  }
}
