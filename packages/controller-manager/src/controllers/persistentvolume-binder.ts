import { persistentVolumes } from '@tandem/api/core/v1/persistentvolume'
import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import { pods } from '@tandem/api/core/v1/pod'
import { claimNamesOf } from '@tandem/api/core/v1/pod-volume-claims'
import type { PersistentVolume, PersistentVolumeClaim, Pod } from '@tandem/api/core/v1/types'
import { storageClasses } from '@tandem/api/storage/v1/storageclass'
import { isNotFound, keyOf, type ObjectKey } from '@tandem/apimachinery'
import type { Controller, ControllerContext, ReconcileResult } from '@tandem/controller-runtime'
import { eventRule } from '../permissions.ts'
import { bind, setClaimPhase, setVolumePhase } from '../volume-binding/bind.ts'
import { claimStep, type ToldEvent } from '../volume-binding/claim-step.ts'
import { requestProvisioning } from '../volume-binding/provision.ts'
import { reclaimFailure, unbound, volumeStep } from '../volume-binding/volume-step.ts'

const byClaim = 'claim'
/** Claims that wait are looked at again, should nothing tell that they need not. */
const waitMs = 15_000

/** Brings claims and volumes together. Its keys are claims, and volumes, which have no namespace. */
export const controller: Controller<PersistentVolumeClaim> = {
  name: 'persistentvolume-binder-controller',
  role: 'persistent-volume-binder',
  eventSource: 'persistentvolume-controller',
  for: persistentVolumeClaims,
  watches: [
    { resource: persistentVolumes, keys: keysOfVolume },
    {
      resource: persistentVolumeClaims,
      // What a claim that goes leaves behind.
      keys: ({ spec }: PersistentVolumeClaim) => (spec.volumeName ? [{ name: spec.volumeName }] : []),
    },
    { resource: storageClasses, keys: (_, context) => waitingClaims(context) },
    {
      resource: pods,
      keys: (pod: Pod, { informer }) =>
        claimNamesOf(pod)
          .map((name) => ({ namespace: pod.metadata.namespace, name }))
          .filter((key) => informer(persistentVolumeClaims).get(key)?.status?.phase === 'Pending'),
    },
  ],
  permissions: [
    {
      apiGroups: [''],
      resources: ['persistentvolumes'],
      verbs: ['get', 'list', 'watch', 'update', 'create', 'delete'],
    },
    { apiGroups: [''], resources: ['persistentvolumes/status'], verbs: ['update'] },
    { apiGroups: [''], resources: ['persistentvolumeclaims'], verbs: ['get', 'list', 'watch', 'update'] },
    { apiGroups: [''], resources: ['persistentvolumeclaims/status'], verbs: ['update'] },
    { apiGroups: [''], resources: ['pods'], verbs: ['list', 'watch'] },
    { apiGroups: ['storage.k8s.io'], resources: ['storageclasses'], verbs: ['get', 'list', 'watch'] },
    eventRule,
  ],
  // One at a time: two claims are not given the same volume.
  concurrency: 1,
  setup({ informer }) {
    informer(pods).addIndex(byClaim, (pod) =>
      claimNamesOf(pod).map((name) => keyOf({ namespace: pod.metadata.namespace, name })),
    )
  },
  async reconcile(key, context) {
    if (key.namespace) {
      const claim = context.informer(persistentVolumeClaims).get(key)
      return claim && syncClaim(claim, context)
    }
    const volume = context.informer(persistentVolumes).get(key)
    if (volume) await syncVolume(volume, context)
    return undefined
  },
}

async function syncClaim(
  claim: PersistentVolumeClaim,
  context: ControllerContext,
): Promise<ReconcileResult | undefined> {
  const { client, informer } = context
  const step = claimStep({
    claim,
    volumes: informer(persistentVolumes).list(),
    classes: informer(storageClasses).list(),
    waitingPods: informer(pods)
      .byIndex(byClaim, keyOf(claim.metadata))
      .filter(({ spec, metadata }) => !spec.nodeName && !metadata.deletionTimestamp)
      .map(({ metadata }) => metadata.name),
  })
  switch (step.do) {
    case 'bind':
      await bind(client, step.volume, claim)
      return undefined
    case 'lost':
      if (await setClaimPhase(client, claim, 'Lost')) tell(context, claim, step.event)
      return undefined
    case 'assign-class':
      await client.update(persistentVolumeClaims, {
        ...claim,
        spec: { ...claim.spec, storageClassName: step.storageClass },
      })
      return undefined
    case 'provision':
      tell(context, claim, await requestProvisioning(context, claim, step.storageClass))
      return { requeueAfter: waitMs }
    case 'wait':
      if (step.event) tell(context, claim, step.event)
      await setClaimPhase(client, claim, 'Pending')
      return { requeueAfter: waitMs }
  }
}

async function syncVolume(volume: PersistentVolume, context: ControllerContext): Promise<void> {
  const { client } = context
  const claim = await claimOfVolume(volume, context)
  const step = volumeStep(volume, claim)
  switch (step.do) {
    case 'phase':
      await setVolumePhase(client, volume, step)
      return
    case 'sync-claim':
      if (claim) context.enqueue(claim.metadata)
      return
    case 'mismatch': {
      const what = 'due to incompatible volumeMode.'
      const asked = `Cannot bind PersistentVolume to requested PersistentVolumeClaim "${claim?.metadata.name}" ${what}`
      tell(context, volume, { type: 'Warning', reason: 'VolumeMismatch', message: asked })
      return
    }
    case 'unbind':
      await setVolumePhase(client, await client.update(persistentVolumes, unbound(volume)), { phase: 'Available' })
      return
    case 'release':
      await release(volume, context)
  }
}

async function release(volume: PersistentVolume, context: ControllerContext): Promise<void> {
  const { client } = context
  if (volume.status?.phase === 'Failed') return
  const released = await setVolumePhase(client, volume, { phase: 'Released' })
  const failure = reclaimFailure(released)
  if (!failure) return
  await setVolumePhase(client, released, { phase: 'Failed', message: failure.message })
  tell(context, volume, { type: 'Warning', ...failure })
}

/** The cache may not have a claim that was made just now: a volume is not released before the server was asked. */
async function claimOfVolume(
  { spec }: PersistentVolume,
  { client, informer }: ControllerContext,
): Promise<PersistentVolumeClaim | undefined> {
  const { namespace, name = '', uid } = spec.claimRef ?? {}
  if (!uid) return undefined
  const cached = informer(persistentVolumeClaims).get({ namespace, name })
  if (cached?.metadata.uid === uid) return cached
  const fresh = await client.get(persistentVolumeClaims, { namespace, name }).catch((error: unknown) => {
    if (isNotFound(error)) return undefined
    throw error
  })
  return fresh?.metadata.uid === uid ? fresh : undefined
}

const tell = (
  { recorder }: ControllerContext,
  object: PersistentVolume | PersistentVolumeClaim,
  event: ToldEvent,
): void => recorder.record({ object, ...event })

/** The volume, the claim it is kept for, and those that may want it. */
function keysOfVolume(volume: PersistentVolume, context: ControllerContext): ObjectKey[] {
  const { namespace, name } = volume.spec.claimRef ?? {}
  const own = { name: volume.metadata.name }
  return name ? [own, { namespace, name }] : [own, ...waitingClaims(context)]
}

const waitingClaims = ({ informer }: ControllerContext): ObjectKey[] =>
  informer(persistentVolumeClaims)
    .list()
    .filter(({ status }) => status?.phase !== 'Bound')
    .map(({ metadata }) => metadata)
