import { controllerRevisions } from '@tandem/api/apps/v1/controllerrevision'
import type { ControllerRevision } from '@tandem/api/apps/v1/types'
import type { PodTemplateSpec } from '@tandem/api/core/v1/types'
import {
  isAlreadyExists,
  isNotFound,
  type KubernetesObject,
  type New,
  type ResourceDefinition,
  semanticallyEqual,
} from '@tandem/apimachinery'
import type { Client } from '@tandem/client'
import { hashOfTemplate } from '../deployments/template-hash.ts'
import { controllerReference } from '../ownership.ts'
import { dataOf } from './template-data.ts'

export const revisionHashLabel = 'controller.kubernetes.io/hash'
/** A label of pods: the revision that they were made from. */
export const podRevisionLabel = 'controller-revision-hash'
const longestPrefix = 223

export function templateOf({ data }: ControllerRevision): PodTemplateSpec {
  const { $patch: _, ...template } = (data as { spec?: { template?: Record<string, unknown> } }).spec?.template ?? {}
  return template as PodTemplateSpec
}

export const hasTemplate = ({ data }: ControllerRevision, template: PodTemplateSpec): boolean =>
  semanticallyEqual(data, dataOf(template))

/** Oldest first. */
export const inOrder = (revisions: readonly ControllerRevision[]): ControllerRevision[] =>
  revisions.toSorted(
    (a, b) =>
      a.revision - b.revision ||
      Date.parse(a.metadata.creationTimestamp) - Date.parse(b.metadata.creationTimestamp) ||
      (a.metadata.name < b.metadata.name ? -1 : 1),
  )

export const nextNumber = (revisions: readonly ControllerRevision[]): number =>
  Math.max(0, ...revisions.map(({ revision }) => revision)) + 1

export interface RevisionOwner<Owner extends KubernetesObject> {
  owner: Owner
  resource: ResourceDefinition<Owner>
  template: PodTemplateSpec
}

export function newRevision<Owner extends KubernetesObject>(
  { owner, resource, template }: RevisionOwner<Owner>,
  { revision, collisionCount }: { revision: number; collisionCount: number },
): New<ControllerRevision> {
  const { namespace, name, annotations } = owner.metadata
  const data = dataOf(template)
  const hash = hashOfTemplate(data, collisionCount)
  return {
    metadata: {
      name: `${name.slice(0, longestPrefix)}-${hash}`,
      ...(namespace && { namespace }),
      labels: { ...template.metadata?.labels, [revisionHashLabel]: hash },
      annotations: { ...annotations },
      ownerReferences: [controllerReference(resource as unknown as ResourceDefinition<never>, owner)],
    },
    data,
    revision,
  }
}

export interface CreatedRevision {
  revision: ControllerRevision
  /** One more for each name that was taken by another template. */
  collisionCount: number
}

export async function createRevision<Owner extends KubernetesObject>(
  client: Client,
  from: RevisionOwner<Owner>,
  options: { revision: number; collisionCount: number },
): Promise<CreatedRevision> {
  let { collisionCount } = options
  for (;;) {
    const wanted = newRevision(from, { ...options, collisionCount })
    try {
      return { revision: await client.create(controllerRevisions, wanted), collisionCount }
    } catch (error) {
      if (!isAlreadyExists(error)) throw error
      const { namespace, name = '' } = wanted.metadata
      const existing = await client.get(controllerRevisions, { namespace, name })
      if (hasTemplate(existing, from.template)) return { revision: existing, collisionCount }
      collisionCount++
    }
  }
}

/** An old template that came back is the newest again. */
export const renumber = (client: Client, revision: ControllerRevision, number: number): Promise<ControllerRevision> =>
  client.update(controllerRevisions, { ...revision, revision: number })

/** The oldest of those that nobody uses, beyond what is to be kept. */
export function outdatedRevisions(
  revisions: readonly ControllerRevision[],
  { isUsed, limit }: { isUsed(revision: ControllerRevision): boolean; limit: number },
): ControllerRevision[] {
  const unused = inOrder(revisions).filter((revision) => !isUsed(revision))
  return unused.slice(0, Math.max(0, unused.length - limit))
}

export async function deleteRevisions(client: Client, revisions: readonly ControllerRevision[]): Promise<void> {
  for (const { metadata } of revisions) {
    const { namespace, name } = metadata
    await client.delete(controllerRevisions, { namespace, name }).catch((error: unknown) => {
      if (!isNotFound(error)) throw error
    })
  }
}
