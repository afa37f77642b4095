export * from './client.ts'
export * from './informer/informer.ts'
