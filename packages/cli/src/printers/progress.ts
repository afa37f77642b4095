import ora from 'ora'

export interface Progress {
  /** What is being done now. */
  step(message: string): void
  succeed(message: string): void
  fail(): void
}

/** A spinner on a terminal; a line per step elsewhere. Always on stderr, so that output can be piped. */
export function showProgress(): Progress {
  const spinner = ora({ stream: process.stderr })
  const interactive = process.stderr.isTTY
  return {
    step(message) {
      if (interactive) spinner.start(message)
      else process.stderr.write(`▸ ${message}\n`)
    },
    succeed(message) {
      if (interactive) spinner.succeed(message)
      else process.stderr.write(`✓ ${message}\n`)
    },
    fail: () => void spinner.fail(),
  }
}
