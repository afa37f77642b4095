import { createHash } from 'node:crypto'

/** The VolumeAttachment by which a driver's volume is attached to a node: whoever knows the three knows its name. */
export const volumeAttachmentName = (volumeHandle: string, driver: string, nodeName: string): string =>
  `csi-${createHash('sha256').update(`${volumeHandle}${driver}${nodeName}`).digest('hex')}`

/** How the statuses of nodes name a driver's volume. */
export const attachedVolumeName = (driver: string, volumeHandle: string): string =>
  `kubernetes.io/csi/${driver}^${volumeHandle}`
