export interface SlowStartResult {
  succeeded: number
  /** The first failure; what came after its batch was not tried. */
  error: unknown
}

/** Calls `attempt` `count` times: one, then two, then four at once, so that what must fail fails few times. */
export async function slowStart(count: number, attempt: () => Promise<void>): Promise<SlowStartResult> {
  let succeeded = 0
  for (let batch = Math.min(1, count); batch > 0; batch = Math.min(batch * 2, count - succeeded)) {
    const results = await Promise.allSettled(Array.from({ length: batch }, attempt))
    const failed = results.filter((result) => result.status === 'rejected')
    succeeded += batch - failed.length
    if (failed[0]) return { succeeded, error: failed[0].reason }
  }
  return { succeeded, error: undefined }
}
