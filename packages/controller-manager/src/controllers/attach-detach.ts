import { nodes } from '@tandem/api/core/v1/node'
import { persistentVolumes } from '@tandem/api/core/v1/persistentvolume'
import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import { pods } from '@tandem/api/core/v1/pod'
import { claimNamesOf } from '@tandem/api/core/v1/pod-volume-claims'
import type { Node, PersistentVolume, PersistentVolumeClaim, Pod } from '@tandem/api/core/v1/types'
import { csiDrivers } from '@tandem/api/storage/v1/csidriver'
import type { VolumeAttachment } from '@tandem/api/storage/v1/types'
import { volumeAttachmentName } from '@tandem/api/storage/v1/volume-attachment-name'
import { volumeAttachments } from '@tandem/api/storage/v1/volumeattachment'
import { equalJson, isAlreadyExists, isNotFound, keyOf, type ObjectKey } from '@tandem/apimachinery'
import type { Controller, ControllerContext } from '@tandem/controller-runtime'
import { eventRule } from '../permissions.ts'
import { attachmentSteps, nameOnNodes } from '../volume-attachment/attachment-steps.ts'

const byClaim = 'claim'
const byVolume = 'volume'
const waitMs = 2_000

/** Asks for volumes to be attached to the nodes of the pods that use them, and to be detached when nobody there does. */
export const controller: Controller<PersistentVolume> = {
  name: 'persistentvolume-attach-detach-controller',
  role: 'attachdetach-controller',
  eventSource: 'attachdetach-controller',
  for: persistentVolumes,
  watches: [
    { resource: pods, keys: volumesOfPod },
    {
      resource: persistentVolumeClaims,
      keys: ({ spec }: PersistentVolumeClaim) => (spec.volumeName ? [{ name: spec.volumeName }] : []),
    },
    { resource: volumeAttachments, keys: (attachment: VolumeAttachment) => volumeOf(attachment) },
    { resource: nodes, keys: (node: Node, context) => attachmentsTo(node.metadata.name, context).flatMap(volumeOf) },
    { resource: csiDrivers, keys: (_, { informer }) => informer(volumeAttachments).list().flatMap(volumeOf) },
  ],
  permissions: [
    { apiGroups: [''], resources: ['persistentvolumes', 'persistentvolumeclaims', 'pods'], verbs: ['list', 'watch'] },
    { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['nodes/status'], verbs: ['patch', 'update'] },
    {
      apiGroups: ['storage.k8s.io'],
      resources: ['volumeattachments'],
      verbs: ['get', 'list', 'watch', 'create', 'delete'],
    },
    { apiGroups: ['storage.k8s.io'], resources: ['csidrivers'], verbs: ['get', 'list', 'watch'] },
    eventRule,
  ],
  // One at a time: what is attached to a node is written as one list.
  concurrency: 1,
  setup({ informer }) {
    informer(pods).addIndex(byClaim, (pod) =>
      claimNamesOf(pod).map((name) => keyOf({ namespace: pod.metadata.namespace, name })),
    )
    informer(volumeAttachments).addIndex(byVolume, ({ spec }) => [spec.source.persistentVolumeName ?? ''])
  },
  async reconcile({ name }, context) {
    const { client, informer, recorder } = context
    const volume = informer(persistentVolumes).get({ name })
    if (!volume?.spec.csi) return undefined
    const attachments = informer(volumeAttachments).byIndex(byVolume, name)
    const using = podsOf(volume, context)
    const steps = attachmentSteps({
      volume,
      driver: informer(csiDrivers).get({ name: volume.spec.csi.driver }),
      pods: using,
      attachments,
      node: (nodeName) => informer(nodes).get({ name: nodeName }),
    })
    const leaving = new Set(steps.detach.map(({ metadata }) => metadata.name))
    for (const nodeName of new Set(attachments.map(({ spec }) => spec.nodeName)))
      await tellNode(nodeName, leaving, { context, using, volume })
    for (const { metadata } of steps.detach)
      await client.delete(volumeAttachments, metadata).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      })
    for (const nodeName of steps.attach) await attach(volume, nodeName, context)
    for (const { pod, message } of steps.refused)
      recorder.record({ object: pod, type: 'Warning', reason: 'FailedAttachVolume', message })
    return steps.waits ? { requeueAfter: waitMs } : undefined
  },
}

async function attach({ metadata, spec }: PersistentVolume, nodeName: string, { client }: ControllerContext) {
  const { driver: attacher = '', volumeHandle = '' } = spec.csi ?? {}
  try {
    await client.create(volumeAttachments, {
      metadata: { name: volumeAttachmentName(volumeHandle, attacher, nodeName) },
      spec: { attacher, nodeName, source: { persistentVolumeName: metadata.name } },
    })
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
  }
}

/** What is attached to a node stands in its status; pods are told when theirs comes, or does not. */
async function tellNode(
  nodeName: string,
  leaving: ReadonlySet<string>,
  { context, using, volume }: { context: ControllerContext; using: readonly Pod[]; volume: PersistentVolume },
): Promise<void> {
  const { client, informer, recorder } = context
  const node = informer(nodes).get({ name: nodeName })
  if (!node) return
  const here = attachmentsTo(nodeName, context).filter(({ metadata }) => !leaving.has(metadata.name))
  const attached = here.filter(({ status, metadata }) => status?.attached && !metadata.deletionTimestamp)
  const volumesAttached = attached
    .flatMap(({ spec }) => informer(persistentVolumes).get({ name: spec.source.persistentVolumeName ?? '' }) ?? [])
    .map((one) => ({ name: nameOnNodes(one), devicePath: '' }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
  const before = node.status?.volumesAttached ?? []
  const tell = (type: 'Normal' | 'Warning', reason: string, message: string): void => {
    for (const pod of using) if (pod.spec.nodeName === nodeName) recorder.record({ object: pod, type, reason, message })
  }
  const { name } = volume.metadata
  const error = here.find(({ spec }) => spec.source.persistentVolumeName === name)?.status?.attachError?.message
  if (error) tell('Warning', 'FailedAttachVolume', `AttachVolume.Attach failed for volume "${name}" : ${error}`)
  if (equalJson(volumesAttached, before)) return
  const patch = { type: 'strategic', body: { status: { volumesAttached } } } as const
  await client.patch(nodes, { name: nodeName }, patch, { subresource: 'status' })
  const isNew = (list: typeof before) => list.some((one) => one.name === nameOnNodes(volume))
  if (isNew(volumesAttached) && !isNew(before))
    tell('Normal', 'SuccessfulAttachVolume', `AttachVolume.Attach succeeded for volume "${name}" `)
}

const attachmentsTo = (nodeName: string, { informer }: ControllerContext): VolumeAttachment[] =>
  informer(volumeAttachments)
    .list()
    .filter(({ spec }) => spec.nodeName === nodeName)

const volumeOf = ({ spec }: VolumeAttachment): ObjectKey[] =>
  spec.source.persistentVolumeName ? [{ name: spec.source.persistentVolumeName }] : []

function volumesOfPod(pod: Pod, { informer }: ControllerContext): ObjectKey[] {
  return claimNamesOf(pod).flatMap((name) => {
    const claim = informer(persistentVolumeClaims).get({ namespace: pod.metadata.namespace, name })
    return claim?.spec.volumeName ? [{ name: claim.spec.volumeName }] : []
  })
}

/** Pods of the claim that the volume is bound to. */
function podsOf({ metadata, spec }: PersistentVolume, { informer }: ControllerContext): Pod[] {
  const { namespace, name = '' } = spec.claimRef ?? {}
  const claim = informer(persistentVolumeClaims).get({ namespace, name })
  return claim?.spec.volumeName === metadata.name ? informer(pods).byIndex(byClaim, keyOf(claim.metadata)) : []
}
