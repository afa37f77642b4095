import { systemClock } from '../clock.ts'
import type { ComponentContext, RunningComponent } from '../component.ts'
import { createLogger, type Logger } from '../logging.ts'
import { gitVersion } from '../version.ts'
import type { Flags, FlagValues } from './flag.ts'
import { type CommandLine, type ParsedCommandLine, parseCommandLine } from './parse.ts'
import { UsageError } from './value.ts'

export interface Binary<F extends Flags> extends CommandLine<F> {
  start(values: FlagValues<F>, context: ComponentContext): Promise<RunningComponent>
}

/** How long a stop may take before the process ends anyway. */
const stopLimitMs = 60_000

/**
 * The whole life of a component in a process of its own. Exits 0 after `--help`, `--version` and a clean stop on SIGTERM or SIGINT;
 * 1 when the command line is wrong, the start fails or the component dies. A second signal ends it at once.
 */
export async function runBinary<F extends Flags>(
  binary: Binary<F>,
  argv: readonly string[] = process.argv.slice(2),
): Promise<void> {
  const parsed = parseOrExit(binary, argv)
  if (parsed.kind === 'print') {
    process.stdout.write(parsed.text.endsWith('\n') ? parsed.text : `${parsed.text}\n`)
    return
  }
  const logger = createLogger({ component: binary.name, verbosity: parsed.verbosity })
  process.on('unhandledRejection', (error) => die(logger, 'unhandled rejection', error))
  const stopAsked = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.once(signal, () => {
        resolve(signal)
        process.once(signal, () => process.exit(1))
      })
    }
  })
  logger.info({ version: gitVersion, pid: process.pid }, 'starting')
  try {
    const started = await Promise.race([binary.start(parsed.values, { logger, clock: systemClock }), stopAsked])
    if (typeof started === 'string') process.exit(0)
    logger.info({}, 'started')
    const signal = await Promise.race([stopAsked, started.done.then(() => undefined)])
    if (signal) await stop(started, { signal, logger })
  } catch (error) {
    // Flags that are wrong together are only found when the component reads them.
    if (error instanceof UsageError) exitWithUsage(binary.name, error)
    die(logger, 'component failed', error)
  }
  process.exit(0)
}

function parseOrExit<F extends Flags>(binary: Binary<F>, argv: readonly string[]): ParsedCommandLine<F> {
  try {
    return parseCommandLine(binary, argv)
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    exitWithUsage(binary.name, error)
  }
}

function exitWithUsage(name: string, { message }: UsageError): never {
  process.stderr.write(`Error: ${message}\nSee '${name} --help'.\n`)
  process.exit(1)
}

async function stop(
  component: RunningComponent,
  { signal, logger }: { signal: string; logger: Logger },
): Promise<void> {
  logger.info({ signal }, 'stopping')
  const tooLong = setTimeout(
    () => die(logger, 'stop took too long', new Error(`not stopped after ${stopLimitMs} ms`)),
    stopLimitMs,
  )
  await component.stop()
  clearTimeout(tooLong)
  logger.info({}, 'stopped')
}

function die(logger: Logger, message: string, error: unknown): never {
  logger.error({ error }, message)
  process.exit(1)
}
