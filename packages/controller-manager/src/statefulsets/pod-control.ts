import type { StatefulSet } from '@tandem/api/apps/v1/types'
import { persistentVolumeClaims } from '@tandem/api/core/v1/persistentvolumeclaim'
import { pods } from '@tandem/api/core/v1/pod'
import type { PersistentVolumeClaim, Pod } from '@tandem/api/core/v1/types'
import { isAlreadyExists, isNotFound, type New } from '@tandem/apimachinery'
import type { ControllerContext } from '@tandem/controller-runtime'
import { messageOf } from '../failure.ts'
import { hasConflict, wantedOwners } from './claim-retention.ts'
import { claimNameAt, claimTemplates, hasIdentity, hasStorage, ordinalOf } from './identity.ts'
import { claimsAt, identityLabels, volumesAt } from './pod-of-set.ts'

type Verb = 'Create' | 'Update' | 'Delete'

/** Does something with a pod of a set and tells how it went. */
async function told<T>(
  { recorder }: ControllerContext,
  { set, verb, name, work }: { set: StatefulSet; verb: Verb; name: string; work: () => Promise<T> },
): Promise<T> {
  const what = `${verb} Pod ${name} in StatefulSet ${set.metadata.name}`
  try {
    const result = await work()
    recorder.record({ object: set, type: 'Normal', reason: `Successful${verb}`, message: `${what} successful` })
    return result
  } catch (error) {
    // Made before, and not in the cache yet: that was told then.
    if (isAlreadyExists(error)) throw error
    const message = `${what} failed error: ${messageOf(error)}`
    recorder.record({ object: set, type: 'Warning', reason: `Failed${verb}`, message })
    throw error
  }
}

export function createPod(context: ControllerContext, set: StatefulSet, pod: New<Pod>): Promise<Pod> {
  const { name = '' } = pod.metadata
  return told(context, {
    set,
    verb: 'Create',
    name,
    work: async () => {
      await createClaims(context, set, name)
      const created = await context.client.create(pods, pod)
      await applyRetention(context, set, created)
      return created
    },
  })
}

export const deletePod = (context: ControllerContext, set: StatefulSet, pod: Pod): Promise<void> => {
  const { namespace, name } = pod.metadata
  return told(context, {
    set,
    verb: 'Delete',
    name,
    work: () =>
      context.client.delete(pods, { namespace, name }).catch((error: unknown) => {
        if (!isNotFound(error)) throw error
      }),
  })
}

/** Gives a pod back what belongs to its identity. */
export async function restorePod(context: ControllerContext, set: StatefulSet, pod: Pod): Promise<void> {
  await applyRetention(context, set, pod)
  if (hasIdentity(pod, set) && hasStorage(pod, set)) return
  const { name, labels } = pod.metadata
  const ordinal = ordinalOf(pod)
  await told(context, {
    set,
    verb: 'Update',
    name,
    work: async () => {
      await createClaims(context, set, name)
      return context.client.update(pods, {
        ...pod,
        metadata: { ...pod.metadata, labels: { ...labels, ...identityLabels(name, ordinal) } },
        spec: { ...pod.spec, volumes: volumesAt(set, ordinal, pod.spec.volumes) },
      })
    },
  })
}

/** The claims of a pod that are not there. */
export async function createClaims(context: ControllerContext, set: StatefulSet, podName: string): Promise<void> {
  const ordinal = Number(podName.slice(set.metadata.name.length + 1))
  for (const claim of claimsAt(set, ordinal)) {
    const { namespace, name = '' } = claim.metadata
    const existing = context.informer(persistentVolumeClaims).get({ namespace, name })
    if (existing?.metadata.deletionTimestamp) throw new Error(`pvc ${name} is being deleted`)
    if (!existing) await createClaim(context, { set, podName, claim })
  }
}

async function createClaim(
  { client, recorder }: ControllerContext,
  { set, podName, claim }: { set: StatefulSet; podName: string; claim: New<PersistentVolumeClaim> },
): Promise<void> {
  const { name } = claim.metadata
  try {
    await client.create(persistentVolumeClaims, claim)
    const message = `Create Claim ${name} Pod ${podName} in StatefulSet ${set.metadata.name} success`
    recorder.record({ object: set, type: 'Normal', reason: 'SuccessfulCreate', message })
  } catch (error) {
    if (isAlreadyExists(error)) return
    const message = `Create Claim ${name} for Pod ${podName} in StatefulSet ${set.metadata.name} failed error: ${messageOf(error)}`
    recorder.record({ object: set, type: 'Warning', reason: 'FailedCreate', message })
    throw new Error(`failed to create PVC ${name}: ${messageOf(error)}`, { cause: error })
  }
}

/** Writes down with whom the claims of a pod are to go. */
export async function applyRetention(context: ControllerContext, set: StatefulSet, pod: Pod): Promise<void> {
  const { client, recorder, informer } = context
  const { namespace } = set.metadata
  for (const template of claimTemplates(set)) {
    const name = claimNameAt(set, template, ordinalOf(pod))
    const claim = informer(persistentVolumeClaims).get({ namespace, name })
    const ownerReferences = claim && wantedOwners({ claim, set, pod })
    if (!claim || !ownerReferences) continue
    if (hasConflict({ claim, set, pod })) {
      const message = `PersistentVolumeClaim ${name} has a conflicting OwnerReference that acts as a manging controller, the retention policy is ignored for this claim`
      recorder.record({ object: set, type: 'Warning', reason: 'ConflictingController', message })
    }
    await client.update(persistentVolumeClaims, { ...claim, metadata: { ...claim.metadata, ownerReferences } })
  }
}
