export type { Plugin } from './framework/plugin.ts'
export { skip, success, unresolvable, unschedulable } from './framework/status.ts'
export { type SchedulerStartOptions, startScheduler } from './start.ts'
