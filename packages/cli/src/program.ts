import { Command } from 'commander'
import { commands } from './commands/index.generated.ts'

export const version = '0.1.0'

/** The whole command line: `tandem <command>`. */
export function createProgram(): Command {
  const program = new Command('tandem')
    .description('Kubernetes in pairs: a prod and a staging cluster, and the road from one to the other')
    .version(version)
    .showHelpAfterError()
  program.addHelpText('after', '\nExample:\n  tandem up --sample-app')
  for (const { name, summary, example, define } of commands) {
    const command = program.command(name).summary(summary).description(summary)
    define(command)
    for (const each of [command, ...command.commands]) each.addHelpText('after', `\nExample:\n  ${example}`)
  }
  return program
}
