import { isPodTerminal } from '@tandem/api/core/v1/pod-conditions'
import type { Node, PersistentVolume, Pod } from '@tandem/api/core/v1/types'
import type { CSIDriver, VolumeAttachment } from '@tandem/api/storage/v1/types'
import { attachedVolumeName } from '@tandem/api/storage/v1/volume-attachment-name'

export interface AttachmentView {
  volume: PersistentVolume
  driver: CSIDriver | undefined
  /** That use the volume's claim, wherever they are. */
  pods: readonly Pod[]
  /** Of this volume. */
  attachments: readonly VolumeAttachment[]
  node(name: string): Node | undefined
}

export interface AttachmentSteps {
  /** Nodes that the volume is to be attached to. */
  attach: string[]
  /** Attachments that nobody needs any more. */
  detach: VolumeAttachment[]
  /** Pods that wait for the volume to come off other nodes, with what to tell them. */
  refused: { pod: Pod; message: string }[]
  /** Something holds the volume that tells of its end by nothing that is watched. */
  waits: boolean
}

const shared = new Set(['ReadWriteMany', 'ReadOnlyMany'])
const outOfService = 'node.kubernetes.io/out-of-service'

export const nameOnNodes = ({ spec: { csi } }: PersistentVolume): string =>
  attachedVolumeName(csi?.driver ?? '', csi?.volumeHandle ?? '')

/** Without a CSIDriver that says otherwise, a driver's volumes are to be attached. */
export const isAttachable = ({ spec }: PersistentVolume, driver: CSIDriver | undefined): boolean =>
  spec.csi !== undefined && driver?.spec.attachRequired !== false

export function attachmentSteps(view: AttachmentView): AttachmentSteps {
  const { volume, driver, pods, attachments, node } = view
  const steps: AttachmentSteps = { attach: [], detach: [], refused: [], waits: false }
  const active = isAttachable(volume, driver) ? pods.filter((pod) => pod.spec.nodeName && !isPodTerminal(pod)) : []
  const wanted = new Set(active.flatMap(({ spec }) => spec.nodeName ?? []))

  for (const attachment of attachments) {
    const { nodeName } = attachment.spec
    if (wanted.has(nodeName) || attachment.metadata.deletionTimestamp) continue
    if (isHeld(volume, node(nodeName))) steps.waits = true
    else steps.detach.push(attachment)
  }
  const isShared = volume.spec.accessModes?.some((mode) => shared.has(mode)) ?? false
  const attachedTo = new Set(attachments.map(({ spec }) => spec.nodeName))
  for (const nodeName of [...wanted].sort()) {
    if (attachedTo.has(nodeName) || !node(nodeName)) continue
    if (isShared || attachedTo.size === 0) {
      steps.attach.push(nodeName)
      attachedTo.add(nodeName)
      continue
    }
    const here = active.filter(({ spec }) => spec.nodeName === nodeName)
    const elsewhere = active.filter(({ spec }) => attachedTo.has(spec.nodeName ?? ''))
    for (const pod of here) steps.refused.push({ pod, message: multiAttach(volume, pod, elsewhere) })
  }
  return steps
}

/** The kubelet says that it has the volume: it is let be, unless the node is known to be off. */
const isHeld = (volume: PersistentVolume, node: Node | undefined): boolean =>
  node?.status?.volumesInUse?.includes(nameOnNodes(volume)) === true &&
  !node.spec.taints?.some(({ key }) => key === outOfService)

function multiAttach({ metadata }: PersistentVolume, pod: Pod, others: readonly Pod[]): string {
  const start = `Multi-Attach error for volume "${metadata.name}" Volume is already`
  if (others.length === 0) return `${start} exclusively attached to one node and can't be attached to another`
  const near = others.filter((other) => other.metadata.namespace === pod.metadata.namespace)
  const far = others.length - near.length
  const names = near.map((other) => other.metadata.name).join(', ')
  const parts = [
    ...(near.length > 0 ? [`pod(s) ${names}`] : []),
    ...(far > 0 ? [`${far} pod(s) in different namespaces`] : []),
  ]
  return `${start} used by ${parts.join(' and ')}`
}
