import { pino } from 'pino'

/** The part of pino that components use. Messages are lower case; what varies goes into fields, never secrets. */
export interface Logger {
  debug(fields: object, message: string): void
  info(fields: object, message: string): void
  warn(fields: object, message: string): void
  error(fields: object, message: string): void
  child(fields: object): Logger
}

/** JSON lines to stderr. `verbosity` as upstream's `-v`: 0 to 1 info, 2 and more debug. */
export const createLogger = ({ component, verbosity = 0 }: { component: string; verbosity?: number }): Logger =>
  pino(
    {
      base: { component },
      level: verbosity >= 2 ? 'debug' : 'info',
      timestamp: pino.stdTimeFunctions.isoTime,
      serializers: { error: pino.stdSerializers.err },
    },
    pino.destination({ dest: 2, sync: true }),
  )

export const silentLogger: Logger = pino({ level: 'silent' })
