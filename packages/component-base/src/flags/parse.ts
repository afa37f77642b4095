import { Command, CommanderError, Option } from 'commander'
import { gitVersion } from '../version.ts'
import { type ConfigKind, readConfigFile } from './config-file.ts'
import type { Flags, FlagValues } from './flag.ts'
import { defaultFlagValue, type FlagValue, parseFlagValue, UsageError } from './value.ts'

export interface CommandLine<F extends Flags> {
  name: string
  description: string
  /** A whole command line, for `--help`. */
  example: string
  flags: F
  /** What a `--config` file must be; there is no `--config` without it. */
  config?: ConfigKind
}

export type ParsedCommandLine<F extends Flags> =
  | { kind: 'run'; values: FlagValues<F>; verbosity: number }
  /** `--help` and `--version`: there is nothing to start. */
  | { kind: 'print'; text: string }

/** The command line wins over the file, the file over defaults. Throws UsageError. */
export function parseCommandLine<F extends Flags>(line: CommandLine<F>, argv: readonly string[]): ParsedCommandLine<F> {
  const { flags, config } = line
  let printed = ''
  const given = new Map<string, FlagValue>()
  const command = commandOf(line, given).configureOutput({
    writeOut: (text) => {
      printed += text
    },
    writeErr: () => undefined,
  })
  try {
    command.parse(argv, { from: 'user' })
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error
    if (error.exitCode === 0) return { kind: 'print', text: printed }
    throw new UsageError(error.message.replace(/^error: /, ''), { cause: error })
  }
  const { v = '0', config: path } = command.opts<{ v?: string; config?: string }>()
  const inFile = config && path ? readConfigFile(path, { flags, config }) : new Map<string, FlagValue>()
  const values: Record<string, FlagValue | undefined> = {}
  for (const [name, flag] of Object.entries(flags)) {
    values[name] = given.get(name) ?? inFile.get(name) ?? defaultFlagValue(name, flag)
  }
  return { kind: 'run', values: values as FlagValues<F>, verbosity: Number(v) || 0 }
}

function commandOf<F extends Flags>(
  { name, description, example, flags, config }: CommandLine<F>,
  given: Map<string, FlagValue>,
): Command {
  const command = new Command(name)
    .description(description)
    .version(`${name} ${gitVersion}`, '--version', 'Print version information and quit')
    .helpOption('-h, --help', `Help for ${name}`)
    .allowExcessArguments(false)
    .exitOverride()
    .addHelpText('after', `\nExample:\n  ${example}`)
  for (const [flagName, flag] of Object.entries(flags)) {
    if (flag.type === 'structure') continue
    // A bool takes its value after `=` only by custom, so `--leader-elect` alone means true.
    const value = flag.type === 'bool' ? '[bool]' : `<${flag.type}>`
    const option = new Option(`--${flagName} ${value}`, describe(flag))
    const parse = (text: string) => {
      const parsed = parseFlagValue(flagName, flag, text)
      const before = given.get(flagName)
      given.set(flagName, Array.isArray(before) && Array.isArray(parsed) ? [...before, ...parsed] : parsed)
    }
    command.addOption(option)
    command.on(`option:${flagName}`, (text: string | null) => parse(text ?? 'true'))
  }
  command.option('-v, --v <level>', 'Number for the log level verbosity')
  if (config) command.option('--config <file>', `The path to a configuration file of kind ${config.kind}`)
  return command
}

const describe = ({ description, default: preset }: Flags[string]): string =>
  preset === undefined || preset === '' ? description : `${description} (default ${String(preset)})`
