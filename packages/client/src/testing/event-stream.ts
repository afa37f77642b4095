/** Values pushed on one side and iterated on the other, until the signal aborts. */
export async function* streamOf<T>(
  subscribe: (push: (value: T) => void) => () => void,
  signal: AbortSignal,
): AsyncGenerator<T> {
  const pending: T[] = []
  let wake = () => {}
  const unsubscribe = subscribe((value) => {
    pending.push(value)
    wake()
  })
  const aborted = () => wake()
  signal.addEventListener('abort', aborted)
  try {
    while (!signal.aborted) {
      const value = pending.shift()
      if (value !== undefined) yield value
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  } finally {
    signal.removeEventListener('abort', aborted)
    unsubscribe()
  }
}
