import type { Command } from 'commander'

/** One subcommand of `tandem`: a file in `commands/` exports one as `command`. */
export interface CliCommand {
  name: string
  /** One line for the list of commands. */
  summary: string
  /** A command line that works as it stands, shown at the end of `--help`. */
  example: string
  /** Adds arguments, options and the action to a command that has its name and summary. */
  define(command: Command): void
}

/** A reason the person at the keyboard can act on; printed without a stack. */
export class UsageError extends Error {
  readonly code = 'CLI_USAGE'
}
