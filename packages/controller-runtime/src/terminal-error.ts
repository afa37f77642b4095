/** Thrown by a reconcile that would fail again in the same way: it is logged and counted, and the key waits for a change. */
export class TerminalError extends Error {
  readonly code = 'TERMINAL'

  constructor(message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = 'TerminalError'
  }
}
