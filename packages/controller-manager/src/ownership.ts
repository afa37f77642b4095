import {
  apiVersionOf,
  controllerOf,
  isInvalid,
  isNotFound,
  type KubernetesObject,
  type OwnerReference,
  type ResourceDefinition,
} from '@tandem/apimachinery'
import type { Client, Informer } from '@tandem/client'

const byController = 'controller'
const orphansOf = (namespace: string | undefined): string => `orphans of ${namespace ?? ''}`

/** Lets `ownedOrOrphaned` answer without looking through everything. */
export function indexByController<T extends KubernetesObject>(informer: Informer<T>): void {
  informer.addIndex(byController, (object) => [controllerOf(object)?.uid ?? orphansOf(object.metadata.namespace)])
}

export const ownedBy = <T extends KubernetesObject>(informer: Informer<T>, owner: KubernetesObject): T[] =>
  informer.byIndex(byController, owner.metadata.uid)

/** What an owner has, and what it might adopt. */
export const ownedOrOrphaned = <T extends KubernetesObject>(informer: Informer<T>, owner: KubernetesObject): T[] => [
  ...ownedBy(informer, owner),
  ...informer.byIndex(byController, orphansOf(owner.metadata.namespace)),
]

export const controllerReference = (
  definition: ResourceDefinition<never>,
  { metadata }: KubernetesObject,
): OwnerReference => ({
  apiVersion: apiVersionOf(definition),
  kind: definition.kind,
  name: metadata.name,
  uid: metadata.uid,
  controller: true,
  blockOwnerDeletion: true,
})

/** What an owner should do about an object that is its own or nobody's. */
export type Claim = 'keep' | 'release' | 'adopt' | 'ignore'

export function claimOf(
  object: KubernetesObject,
  { owner, matches }: { owner: KubernetesObject; matches: boolean },
): Claim {
  const controller = controllerOf(object)
  const ownerIsGoing = owner.metadata.deletionTimestamp !== undefined
  if (controller) {
    if (controller.uid !== owner.metadata.uid) return 'ignore'
    return matches ? 'keep' : ownerIsGoing ? 'ignore' : 'release'
  }
  return matches && !ownerIsGoing && !object.metadata.deletionTimestamp ? 'adopt' : 'ignore'
}

export interface ClaimOptions<Owner extends KubernetesObject, T extends KubernetesObject> {
  client: Client
  owner: Owner
  ownerResource: ResourceDefinition<Owner>
  resource: ResourceDefinition<T>
  objects: readonly T[]
  matches(object: T): boolean
  /** What is adopted gets these too. */
  adoptedFinalizers?: readonly string[]
}

/** Adopts and releases until what carries our reference is what our selector selects; returns that. */
export async function claim<Owner extends KubernetesObject, T extends KubernetesObject>(
  options: ClaimOptions<Owner, T>,
): Promise<T[]> {
  const { client, owner, ownerResource, resource, objects, matches } = options
  const claimed: T[] = []
  let mayAdopt: Promise<void> | undefined
  for (const object of objects) {
    const verdict = claimOf(object, { owner, matches: matches(object) })
    if (verdict === 'keep') claimed.push(object)
    else if (verdict === 'release') await release(client, { resource, object, owner })
    else if (verdict === 'adopt') {
      mayAdopt ??= recheckOwner(client, { owner, ownerResource })
      await mayAdopt
      const reference = controllerReference(ownerResource, owner)
      const adopted = await adopt(client, { resource, object, reference, finalizers: options.adoptedFinalizers })
      if (adopted) claimed.push(adopted)
    }
  }
  return claimed
}

/** The cache may not yet know that the owner is being deleted, or is another of the same name; then nothing is adopted. */
async function recheckOwner<Owner extends KubernetesObject>(
  client: Client,
  { owner, ownerResource }: { owner: Owner; ownerResource: ResourceDefinition<Owner> },
): Promise<void> {
  const { namespace, name, uid } = owner.metadata
  const fresh = await client.get(ownerResource, { namespace, name })
  const what = `${ownerResource.kind} ${namespace}/${name}`
  if (fresh.metadata.uid !== uid)
    throw new Error(`original ${what} is gone: got uid ${fresh.metadata.uid}, wanted ${uid}`)
  if (fresh.metadata.deletionTimestamp)
    throw new Error(`${what} has just been deleted at ${fresh.metadata.deletionTimestamp}`)
}

async function adopt<T extends KubernetesObject>(
  client: Client,
  {
    resource,
    object,
    reference,
    finalizers,
  }: {
    resource: ResourceDefinition<T>
    object: T
    reference: OwnerReference
    finalizers: readonly string[] | undefined
  },
): Promise<T | undefined> {
  const { namespace, name, uid } = object.metadata
  const body = { metadata: { uid, ownerReferences: [reference], ...(finalizers && { finalizers }) } }
  try {
    return await client.patch(resource, { namespace, name }, { type: 'strategic', body })
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

/** The uid guards against an object of the same name that came later. */
async function release<T extends KubernetesObject>(
  client: Client,
  { resource, object, owner }: { resource: ResourceDefinition<T>; object: T; owner: KubernetesObject },
): Promise<void> {
  const { namespace, name, uid } = object.metadata
  const body = { metadata: { uid, ownerReferences: [{ $patch: 'delete', uid: owner.metadata.uid }] } }
  try {
    await client.patch(resource, { namespace, name }, { type: 'strategic', body })
  } catch (error) {
    const isReleased = isNotFound(error) || isInvalid(error)
    if (!isReleased) throw error
  }
}
