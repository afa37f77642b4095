import type { Command } from 'commander'
import { type CliCommand, UsageError } from '../command.ts'

export const command: CliCommand = {
  name: 'completion',
  summary: 'print a completion script for bash or zsh',
  example: 'source <(tandem completion bash)',
  define(command) {
    command.argument('<shell>', 'bash or zsh').action((shell: string) => {
      const tree = command.parent
      if (!tree) throw new Error('completion is part of a program')
      if (shell !== 'bash' && shell !== 'zsh')
        throw new UsageError(`there is no completion for ${shell}; bash and zsh have one`)
      process.stdout.write(
        shell === 'bash' ? bashScript(tree) : `autoload -U +X bashcompinit && bashcompinit\n${bashScript(tree)}`,
      )
    })
  },
}

/** What can follow each command: its subcommands and long options. */
const wordsOf = (command: Command): string =>
  [...command.commands.map((sub) => sub.name()), ...command.options.map((option) => option.long ?? '')]
    .filter(Boolean)
    .join(' ')

function bashScript(program: Command): string {
  const cases = program.commands.map((command) => `    ${command.name()}) words="${wordsOf(command)} --help" ;;`)
  return `_tandem() {
  local current="\${COMP_WORDS[COMP_CWORD]}" words
  case "\${COMP_WORDS[1]}" in
${cases.join('\n')}
    *) words="${wordsOf(program)}" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
complete -o default -F _tandem tandem
`
}
