import { isNotFound, type KubernetesObject } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'
import { createTwoFilesPatch } from 'diff'
import { dump } from 'js-yaml'
import { portable } from './model/portable.ts'
import type { SelectedObject } from './selection.ts'

export interface ObjectDiff {
  kind: string
  name: string
  namespace: string
  change: 'create' | 'update' | 'none'
  /** A unified diff of YAML, from the target as it is to the target as it would be; empty when nothing changes. */
  patch: string
}

/** Who applies in the target cluster. */
export const fieldManager = 'tandem-promotion'

/** The target's object, or undefined. */
export const readTarget = (
  target: Client,
  { resource, object }: SelectedObject,
): Promise<KubernetesObject | undefined> =>
  target.get(resource, object.metadata).catch((error: unknown) => {
    if (isNotFound(error)) return undefined
    throw error
  })

/** What applying the object would do to the target, as the target's own server sees it: defaults, admission and validation included. */
export async function diffObject(target: Client, selected: SelectedObject): Promise<ObjectDiff> {
  const { resource, object } = selected
  const { name, namespace = '' } = object.metadata
  const live = await readTarget(target, selected)
  const applied = await target.patch(
    resource,
    object.metadata,
    { type: 'apply', body: portable(object) },
    { fieldManager, force: true, dryRun: true },
  )
  const before = live ? yamlOf(live) : ''
  const after = yamlOf(applied)
  const changed = before !== after
  return {
    kind: object.kind ?? resource.kind,
    name,
    namespace,
    change: !changed ? 'none' : live ? 'update' : 'create',
    patch: changed
      ? createTwoFilesPatch(`live ${resource.plural}/${name}`, `promoted ${resource.plural}/${name}`, before, after)
      : '',
  }
}

const yamlOf = (object: KubernetesObject): string => dump(portable(object), { sortKeys: true, noRefs: true })
