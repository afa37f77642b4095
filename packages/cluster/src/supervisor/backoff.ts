/** How long to wait before a component that died is started again: at once the first time, doubling to 10 s; good again after a minute. */
export interface RestartBackoff {
  /** Milliseconds to wait after a run that lasted `ranFor` milliseconds. */
  next(ranFor: number): number
}

export function createRestartBackoff({ initial = 250, max = 10_000, resetAfter = 60_000 } = {}): RestartBackoff {
  let failures = 0
  return {
    next(ranFor) {
      if (ranFor >= resetAfter) failures = 0
      const delay = failures === 0 ? 0 : Math.min(initial * 2 ** (failures - 1), max)
      failures++
      return delay
    },
  }
}
