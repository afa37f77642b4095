import type { CustomResourceDefinition, CustomResourceDefinitionNames } from '@tandem/api/apiextensions/v1/types'
import { equalJson, semanticallyEqual } from '@tandem/apimachinery'
import { type Condition, conditionOf } from './conditions.ts'

export interface Naming {
  acceptedNames: CustomResourceDefinitionNames
  conditions: Condition[]
}

interface Taken {
  resources: ReadonlySet<string>
  kinds: ReadonlySet<string>
}

/** Names that definitions of the group have been given. */
function takenBy(crds: Iterable<CustomResourceDefinition>, group: string): Taken {
  const resources = new Set<string>()
  const kinds = new Set<string>()
  for (const { spec, status } of crds) {
    if (spec.group !== group) continue
    const { plural, singular, shortNames = [], kind, listKind } = status?.acceptedNames ?? { plural: '', kind: '' }
    for (const name of [plural, singular, ...shortNames]) if (name) resources.add(name)
    for (const name of [kind, listKind]) if (name) kinds.add(name)
  }
  return { resources, kinds }
}

/** Which names a definition is given, where others of its group have theirs already. Undefined where nothing is to be said anew. */
export function namingOf(crd: CustomResourceDefinition, all: Iterable<CustomResourceDefinition>): Naming | undefined {
  const asked = crd.spec.names
  const held: Partial<CustomResourceDefinitionNames> = crd.status?.acceptedNames ?? {}
  if (semanticallyEqual(asked, held)) return undefined
  const taken = takenBy(all, crd.spec.group)
  const names: Partial<CustomResourceDefinitionNames> = { ...held }
  let conflict: { reason: string; message: string } | undefined
  for (const field of ['plural', 'singular', 'shortNames', 'kind', 'listKind'] as const) {
    const message = conflictOf(field, { asked, held, taken })
    if (message) conflict = { reason: `${field.charAt(0).toUpperCase()}${field.slice(1)}Conflict`, message }
    else Object.assign(names, { [field]: asked[field] })
  }
  Object.assign(names, { categories: asked.categories })
  const acceptedNames = Object.fromEntries(
    Object.entries(names).filter(([, value]) => value !== undefined),
  ) as unknown as CustomResourceDefinitionNames
  const accepted: Condition = conflict
    ? { type: 'NamesAccepted', status: 'False', ...conflict }
    : { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts', message: 'no conflicts found' }
  if (equalJson(acceptedNames, held) && isSame(accepted, conditionOf(crd, 'NamesAccepted'))) return undefined
  return { acceptedNames, conditions: [accepted, establishedOf(crd, accepted)] }
}

const isSame = (condition: Condition, old: Condition | undefined): boolean =>
  old?.status === condition.status && old.reason === condition.reason && old.message === condition.message

interface Claims {
  asked: CustomResourceDefinitionNames
  held: Partial<CustomResourceDefinitionNames>
  taken: Taken
}

function conflictOf(
  field: 'plural' | 'singular' | 'shortNames' | 'kind' | 'listKind',
  { asked, held, taken }: Claims,
): string | undefined {
  const isKind = field === 'kind' || field === 'listKind'
  const others = isKind ? taken.kinds : taken.resources
  const told = (name: string): string => `${JSON.stringify(name)} is already in use`
  if (field !== 'shortNames') {
    const name = asked[field] ?? ''
    return name !== (held[field] ?? '') && others.has(name) ? told(name) : undefined
  }
  const own = new Set(held.shortNames)
  const used = (asked.shortNames ?? []).filter((name) => !own.has(name) && others.has(name)).map(told)
  return used.length > 1 ? `[${used.join(', ')}]` : used[0]
}

/** Served once its names are accepted, and from then on for as long as it is there. */
function establishedOf(crd: CustomResourceDefinition, accepted: Condition): Condition {
  const old = conditionOf(crd, 'Established')
  if (old?.status === 'True') return old
  return accepted.status === 'True'
    ? { type: 'Established', status: 'False', reason: 'Installing', message: 'the initial names have been accepted' }
    : (old ?? { type: 'Established', status: 'False', reason: 'NotAccepted', message: 'not all names are accepted' })
}
