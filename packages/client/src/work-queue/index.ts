export * from './rate-limiter.ts'
export * from './work-queue.ts'
