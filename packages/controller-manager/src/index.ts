export * from './options.ts'
export * from './start.ts'
