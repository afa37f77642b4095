/** Why a container could not be started: a waiting reason, and when it may be tried again. */
export class StartError extends Error {
  readonly code: string
  /** Milliseconds from now; undefined: at the next change or resync. */
  readonly retryAfter: number | undefined

  constructor(reason: string, message: string, options: { retryAfter?: number; cause?: unknown } = {}) {
    super(message, { cause: options.cause })
    this.code = reason
    this.retryAfter = options.retryAfter
  }
}
