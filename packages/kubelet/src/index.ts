export type { RunningKubelet } from './kubelet.ts'
export { startKubelet } from './kubelet.ts'
export type { KubeletOptions } from './options.ts'
