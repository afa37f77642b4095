import { setTimeout } from 'node:timers/promises'

/** Tries again until it does not throw, or time is up; then throws what the last try threw. For what no watch can tell a test. */
export async function eventually<Result>(
  attempt: () => Promise<Result>,
  { seconds = 30, everyMs = 200 } = {},
): Promise<Result> {
  const deadline = performance.now() + seconds * 1000
  for (;;) {
    try {
      return await attempt()
    } catch (error) {
      if (performance.now() > deadline) throw error
      await setTimeout(everyMs)
    }
  }
}

/** Throws, with the text, unless it matches: for conditions inside `eventually`. */
export function mustMatch(text: string, pattern: RegExp): void {
  if (!pattern.test(text)) throw new Error(`${JSON.stringify(text)} does not match ${pattern}`)
}
