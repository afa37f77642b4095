import { statefulSets } from '@tandem/api/apps/v1/statefulset'
import type { ControllerRevision, StatefulSet } from '@tandem/api/apps/v1/types'
import type { Client } from '@tandem/client'
import { createRevision, hasTemplate, inOrder, nextNumber, renumber } from '../revisions/controller-revisions.ts'
import type { SetRevisions } from './pod-of-set.ts'

export interface FoundRevisions extends SetRevisions {
  collisionCount: number
}

/** The revision that pods have, and the one they are to get, which is made where the template is new. */
export async function findRevisions(
  client: Client,
  set: StatefulSet,
  revisions: readonly ControllerRevision[],
): Promise<FoundRevisions> {
  const { update, collisionCount } = await findUpdate(client, set, inOrder(revisions))
  const current = revisions.find(({ metadata }) => metadata.name === set.status?.currentRevision)
  return { update, current: current ?? update, collisionCount }
}

async function findUpdate(
  client: Client,
  set: StatefulSet,
  revisions: readonly ControllerRevision[],
): Promise<{ update: ControllerRevision; collisionCount: number }> {
  const { template } = set.spec
  const collisionCount = set.status?.collisionCount ?? 0
  const equal = revisions.findLast((revision) => hasTemplate(revision, template))
  const number = nextNumber(revisions)
  if (!equal) {
    const from = { owner: set, resource: statefulSets, template }
    const created = await createRevision(client, from, { revision: number, collisionCount })
    return { update: created.revision, collisionCount: created.collisionCount }
  }
  return { update: equal === revisions.at(-1) ? equal : await renumber(client, equal, number), collisionCount }
}
