export * from './clock.ts'
export * from './component.ts'
export * from './logging.ts'
