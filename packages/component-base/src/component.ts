import type { Clock } from './clock.ts'
import type { Logger } from './logging.ts'

/** A component that runs in this process: alone in its binary, or beside others in a composed cluster. */
export interface RunningComponent {
  readonly name: string
  /** Stops cleanly: takes no new work, finishes or hands back what is under way, closes every socket and timer. Safe to call twice. */
  stop(): Promise<void>
  /** Rejects when the component dies by itself; resolves after stop. */
  readonly done: Promise<void>
}

/** What every component is given beside its own options. */
export interface ComponentContext {
  logger: Logger
  clock: Clock
}

/** Starts a component; resolves when it is ready to serve. */
export type StartComponent<Options> = (options: Options, context: ComponentContext) => Promise<RunningComponent>
