import { controllerRevisions } from '@tandem/api/apps/v1/controllerrevision'
import { daemonSets } from '@tandem/api/apps/v1/daemonset'
import type { ControllerRevision, DaemonSet } from '@tandem/api/apps/v1/types'
import { pods } from '@tandem/api/core/v1/pod'
import type { Pod } from '@tandem/api/core/v1/types'
import { isAlreadyExists } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'
import {
  deleteRevisions,
  hasTemplate,
  inOrder,
  newRevision,
  nextNumber,
  podRevisionLabel,
  renumber,
  revisionHashLabel,
} from '../revisions/controller-revisions.ts'

export interface History {
  current: ControllerRevision
  old: ControllerRevision[]
}

export const hashOf = ({ metadata }: ControllerRevision): string => metadata.labels?.[podRevisionLabel] ?? metadata.name

interface Found {
  daemonSet: DaemonSet
  revisions: readonly ControllerRevision[]
  pods: readonly Pod[]
}

/** The revision of the present template, made where it is new, and all others. */
export async function findHistory(client: Client, { daemonSet, revisions, pods: own }: Found): Promise<History> {
  const { template } = daemonSet.spec
  const same = inOrder(revisions.filter((revision) => hasTemplate(revision, template)))
  const old = revisions.filter((revision) => !hasTemplate(revision, template))
  const number = nextNumber(old)
  const kept = same.at(-1)
  if (!kept) return { current: await snapshot(client, daemonSet, number), old }
  await mergeInto(client, kept, { duplicates: same.slice(0, -1), own })
  return { current: kept.revision < number ? await renumber(client, kept, number) : kept, old }
}

/** Pods of a revision that says the same are of the one that is kept. */
async function mergeInto(
  client: Client,
  kept: ControllerRevision,
  { duplicates, own }: { duplicates: readonly ControllerRevision[]; own: readonly Pod[] },
): Promise<void> {
  if (duplicates.length === 0) return
  for (const { metadata } of own) {
    if (metadata.labels?.[podRevisionLabel] === hashOf(kept)) continue
    const { namespace, name } = metadata
    const body = { metadata: { labels: { [podRevisionLabel]: hashOf(kept) } } }
    await client.patch(pods, { namespace, name }, { type: 'merge', body })
  }
  await deleteRevisions(client, duplicates)
}

async function snapshot(client: Client, daemonSet: DaemonSet, revision: number): Promise<ControllerRevision> {
  const { template } = daemonSet.spec
  const collisionCount = daemonSet.status?.collisionCount ?? 0
  const wanted = newRevision({ owner: daemonSet, resource: daemonSets, template }, { revision, collisionCount })
  const { [revisionHashLabel]: hash = '', ...labels } = wanted.metadata.labels ?? {}
  wanted.metadata.labels = { ...labels, [podRevisionLabel]: hash }
  try {
    return await client.create(controllerRevisions, wanted)
  } catch (error) {
    if (!isAlreadyExists(error)) throw error
    const { namespace, name = '' } = wanted.metadata
    const existing = await client.get(controllerRevisions, { namespace, name })
    if (hasTemplate(existing, template)) return existing
    const status = { ...daemonSet.status, collisionCount: collisionCount + 1 } as NonNullable<DaemonSet['status']>
    await client.update(daemonSets, { ...daemonSet, status }, { subresource: 'status' })
    throw error
  }
}
