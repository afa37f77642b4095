export type { ApiServerOptions, AuthorizationMode } from './options.ts'
export { type RunningApiServer, startApiServer } from './start.ts'
