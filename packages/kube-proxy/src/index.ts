export * from './proxier.ts'
export * from './service-map.ts'
