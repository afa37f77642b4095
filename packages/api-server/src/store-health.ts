import type { Backend } from '@tandem/storage'

/** Throws unless the store answers in time. */
export async function answersWithin(backend: Backend, seconds: number): Promise<void> {
  const late = Promise.withResolvers<never>()
  const timer = setTimeout(() => late.reject(new Error('etcd did not answer in time')), seconds * 1000)
  try {
    await Promise.race([backend.currentRevision(), late.promise])
  } finally {
    clearTimeout(timer)
  }
}
