export * from './diff.ts'
export * from './promote.ts'
export * from './selection.ts'
