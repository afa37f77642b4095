import { localPathProvisioner, removalAnnotation, removalsOf } from '@tandem/api/core/v1/local-path'
import { nodes } from '@tandem/api/core/v1/node'
import { persistentVolumes } from '@tandem/api/core/v1/persistentvolume'
import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import type { Node, PersistentVolume, PersistentVolumeClaim } from '@tandem/api/core/v1/types'
import { selectedNodeAnnotation, storageClassOf } from '@tandem/api/core/v1/volume-binding'
import { storageClasses } from '@tandem/api/storage/v1/storageclass'
import { isAlreadyExists, isNotFound } from '@tandem/apimachinery'
import type { Controller, ControllerContext } from '@tandem/controller-runtime'
import { removalStep } from '../local-path/removal-step.ts'
import {
  isOurs,
  refusalOf,
  removalFinalizer,
  selectedNodeOf,
  volumeFor,
  volumeNameFor,
} from '../local-path/volume-for-claim.ts'
import { eventRule } from '../permissions.ts'

/**
 * Makes volumes of directories on the node that a pod was scheduled to, and has them removed there when they are released. The
 * directory itself is its kubelet's to make and to remove. Its keys are claims, and volumes, which have no namespace.
 */
export const controller: Controller<PersistentVolumeClaim> = {
  name: 'local-path-provisioner-controller',
  eventSource: localPathProvisioner,
  for: persistentVolumeClaims,
  watches: [
    { resource: persistentVolumes, keys: ({ metadata }: PersistentVolume) => [{ name: metadata.name }] },
    { resource: nodes, keys: (node: Node) => [...removalsOf(node).keys()].map((name) => ({ name })) },
    {
      resource: storageClasses,
      keys: (_, { informer }) =>
        informer(persistentVolumeClaims)
          .list()
          .filter(isOurs)
          .map(({ metadata }) => metadata),
    },
  ],
  permissions: [
    {
      apiGroups: [''],
      resources: ['persistentvolumes'],
      verbs: ['get', 'list', 'watch', 'create', 'update', 'delete'],
    },
    { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: ['get', 'list', 'watch', 'patch'] },
    { apiGroups: [''], resources: ['nodes'], verbs: ['get', 'list', 'watch', 'patch'] },
    { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: ['get', 'list', 'watch'] },
    eventRule,
  ],
  async reconcile(key, context) {
    if (key.namespace) {
      const claim = context.informer(persistentVolumeClaims).get(key)
      if (claim && isOurs(claim)) await provision(claim, context)
    } else {
      const volume = context.informer(persistentVolumes).get(key)
      if (volume) await remove(volume, context)
      else await forgetRemoval(key.name, context)
    }
    return undefined
  },
}

async function provision(claim: PersistentVolumeClaim, context: ControllerContext): Promise<void> {
  const { client, informer, recorder } = context
  const className = storageClassOf(claim)
  const storageClass = informer(storageClasses).get({ name: className })
  // Without its class, or a node, its turn comes when there is one.
  const nodeName = selectedNodeOf(claim)
  if (!storageClass) return
  const failed = (why: string): void =>
    recorder.record({
      object: claim,
      type: 'Warning',
      reason: 'ProvisioningFailed',
      message: `failed to provision volume with StorageClass "${className}": ${why}`,
    })
  const refusal = refusalOf(claim, storageClass)
  if (refusal !== undefined) return failed(refusal)
  if (nodeName === undefined) return failed('no node was selected: volumeBindingMode must be WaitForFirstConsumer')
  const node = informer(nodes).get({ name: nodeName })
  const volume = node && volumeFor(claim, node, storageClass)
  if (!volume) {
    failed(node ? `node ${nodeName} keeps no local-path volumes` : `node "${nodeName}" not found`)
    return giveNodeBack(claim, context)
  }
  recorder.record({
    object: claim,
    type: 'Normal',
    reason: 'Provisioning',
    message: `External provisioner is provisioning volume for claim "${claim.metadata.namespace}/${claim.metadata.name}"`,
  })
  try {
    await client.create(persistentVolumes, volume)
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
    return
  }
  recorder.record({
    object: claim,
    type: 'Normal',
    reason: 'ProvisioningSucceeded',
    message: `Successfully provisioned volume ${volumeNameFor(claim)}`,
  })
}

/** The scheduler chooses again. */
async function giveNodeBack({ metadata }: PersistentVolumeClaim, { client }: ControllerContext): Promise<void> {
  const { name, namespace, resourceVersion } = metadata
  const body = { metadata: { resourceVersion, annotations: { [selectedNodeAnnotation]: null } } }
  await client.patch(persistentVolumeClaims, { namespace, name }, { type: 'merge', body })
}

async function remove(volume: PersistentVolume, { client, informer }: ControllerContext): Promise<void> {
  const step = removalStep(volume, informer(nodes).list())
  const { name, finalizers = [] } = volume.metadata
  const withFinalizers = (wanted: string[]) => ({ ...volume, metadata: { ...volume.metadata, finalizers: wanted } })
  switch (step.do) {
    case 'nothing':
      return
    case 'set-finalizer':
      await client.update(persistentVolumes, withFinalizers(step.finalizers))
      return
    case 'request':
      await annotate(client, step.node, { [removalAnnotation(name)]: 'requested' })
      return
    case 'delete':
      await unlessGone(
        client.update(persistentVolumes, withFinalizers(finalizers.filter((one) => one !== removalFinalizer))),
      )
      await unlessGone(client.delete(persistentVolumes, { name }))
  }
}

/** The volume is gone, and with it whoever asked. */
async function forgetRemoval(volume: string, { client, informer }: ControllerContext): Promise<void> {
  for (const node of informer(nodes).list())
    if (removalsOf(node).get(volume) === 'done')
      await annotate(client, node.metadata.name, { [removalAnnotation(volume)]: null })
}

const annotate = async (
  client: ControllerContext['client'],
  node: string,
  annotations: Record<string, string | null>,
): Promise<void> => {
  await client.patch(nodes, { name: node }, { type: 'merge', body: { metadata: { annotations } } })
}

async function unlessGone(work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (!isNotFound(error)) throw error
  })
}
