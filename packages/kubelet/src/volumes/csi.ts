import type { VolumePlugin } from './plugin.ts'

/** What a CSI driver provides, which runs on this node beside the kubelet. */
export const plugin: VolumePlugin = {
  name: 'kubernetes.io/csi',
  canSupport: ({ csi }) => csi !== undefined,
  mount: (request) => request.context.csi.mount(request),
  unmount: (directory, { csi }) => csi.unmount(directory),
}
