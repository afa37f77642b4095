export type { Proxier, SyncResult } from './proxier.ts'
export { type ProxyStartOptions, startProxy } from './start.ts'
