import { Command } from 'commander'
import { commands } from './commands/index.generated.ts'

export const version = '0.1.0'

/** The whole command line: `tandem <command>`. */
export function createProgram(): Command {
  const program = new Command('tandem')
    .description('Kubernetes in pairs: a prod and a staging cluster, and the road from one to the other')
    .version(version)
    .showHelpAfterError()
  for (const { name, summary, example, define } of commands) {
    const command = program.command(name).summary(summary).description(summary)
    define(command)
    command.addHelpText('after', `\nExample:\n  ${example}`)
  }
  return program
}
