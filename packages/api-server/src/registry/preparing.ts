import { randomUUID } from 'node:crypto'
import {
  apiVersionOf,
  badRequest,
  type FieldError,
  invalid,
  invalidValue,
  type KubernetesObject,
  type ResourceDefinition,
  semanticallyEqual,
  validateObjectMeta,
  validateObjectMetaUpdate,
} from '@tandem/apimachinery'
import { flatText } from './flat-text.ts'
import type { UpdateRules } from './store.ts'
import { timestamp } from './timestamp.ts'

/** What the server fills in, whatever the client sent. */
export function fillForCreate<T extends KubernetesObject>(
  definition: ResourceDefinition<T>,
  object: T,
  { namespace, now }: { namespace: string | undefined; now: number },
): void {
  const { metadata } = object
  // What has no name yet is refused, or named before it is kept; whoever looks at it may rely on a string.
  metadata.name ??= ''
  object.apiVersion = apiVersionOf(definition)
  object.kind = definition.kind
  fillNamespace(definition, object, namespace)
  Object.assign(metadata, {
    uid: flatText(randomUUID()),
    creationTimestamp: timestamp(now),
    resourceVersion: undefined,
  })
  delete metadata.selfLink
  delete metadata.deletionTimestamp
  delete metadata.deletionGracePeriodSeconds
  if (definition.hasGeneration) metadata.generation = 1
  else delete metadata.generation
}

export function fillNamespace<T extends KubernetesObject>(
  definition: ResourceDefinition<T>,
  { metadata }: T,
  namespace: string | undefined,
): void {
  if (definition.scope === 'Cluster' || !namespace) return
  if (!metadata.namespace) metadata.namespace = namespace
  else if (metadata.namespace !== namespace)
    throw badRequest(`the namespace of the provided object does not match the namespace sent on the request`)
}

export function validateCreate<T extends KubernetesObject>(definition: ResourceDefinition<T>, object: T): void {
  const faults = [
    ...validateObjectMeta(object.metadata, {
      namespaced: definition.scope === 'Namespaced',
      ...(definition.validateName && { validateName: definition.validateName }),
    }),
    ...finalizerFaults(definition, object),
    ...(definition.validate?.(object) ?? []),
  ]
  refuse(definition, object, faults)
}

/** Takes from `old` what no update may change, and counts the generation. */
export function prepareUpdate<T extends KubernetesObject>(
  definition: ResourceDefinition<T>,
  {
    next,
    old,
    subresource,
    rules,
  }: { next: T; old: T; subresource: string | undefined; rules: UpdateRules<T> | undefined },
): void {
  next.apiVersion = apiVersionOf(definition)
  next.kind = definition.kind
  const { metadata } = next
  setOrDelete(metadata, 'generation', old.metadata.generation)
  if (subresource === 'status') keepAllButStatus(next, old)
  else if (subresource === undefined && definition.subresources?.status) keep(next, old, 'status')
  const prepare = subresource === 'status' ? definition.prepareForStatusUpdate : definition.prepareForUpdate
  if (rules?.prepareForUpdate) rules.prepareForUpdate(next, old)
  else prepare?.call(definition, next, old)
  metadata.uid ||= old.metadata.uid
  metadata.creationTimestamp = old.metadata.creationTimestamp
  setOrDelete(metadata, 'deletionTimestamp', old.metadata.deletionTimestamp)
  setOrDelete(metadata, 'deletionGracePeriodSeconds', old.metadata.deletionGracePeriodSeconds)
  if (definition.hasGeneration && !rules?.keepGeneration && specChanged(definition, next, old))
    metadata.generation = (old.metadata.generation ?? 0) + 1
}

export function validateUpdate<T extends KubernetesObject>(
  definition: ResourceDefinition<T>,
  {
    next,
    old,
    subresource,
    rules,
  }: { next: T; old: T; subresource: string | undefined; rules: UpdateRules<T> | undefined },
): void {
  const own = subresource === 'status' ? definition.validateStatusUpdate : definition.validateUpdate
  const faults = [
    ...validateObjectMetaUpdate(next.metadata, old.metadata),
    ...finalizerFaults(definition, next),
    ...((rules?.validateUpdate ? rules.validateUpdate(next, old) : own?.call(definition, next, old)) ?? []),
  ]
  refuse(definition, next, faults)
}

const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion']

/** Who else holds an object says where they are at home. Custom resources and what defines them take any name. */
function finalizerFaults<T extends KubernetesObject>(
  { custom, group }: ResourceDefinition<T>,
  { metadata: { finalizers = [] } }: T,
): FieldError[] {
  if (custom || group === 'apiextensions.k8s.io') return []
  const why = 'name is neither a standard finalizer name nor is it fully qualified'
  return finalizers.flatMap((name, i) =>
    name.includes('/') || standardFinalizers.includes(name)
      ? []
      : [invalidValue(`metadata.finalizers[${i}]`, name, why)],
  )
}

export function mustHaveResourceVersion<T extends KubernetesObject>(
  { group, plural }: ResourceDefinition<T>,
  { metadata }: T,
): never {
  const fault = invalidValue('metadata.resourceVersion', 0, 'must be specified for an update')
  throw invalid({ group, kind: plural }, metadata.name, [fault])
}

/** Throws all faults at once, each told once. */
export function refuse<T extends KubernetesObject>(
  { group, kind }: ResourceDefinition<T>,
  object: T,
  faults: FieldError[],
): void {
  if (faults.length === 0) return
  const seen = new Set<string>()
  const once = faults.filter(
    ({ field, message }) => !seen.has(`${field} ${message}`) && seen.add(`${field} ${message}`),
  )
  throw invalid({ group, kind }, object.metadata.name ?? '', once)
}

type Members = Record<string, unknown>

function keep(next: KubernetesObject, old: KubernetesObject, member: string): void {
  const from = old as unknown as Members
  const to = next as unknown as Members
  if (from[member] === undefined) delete to[member]
  else to[member] = from[member]
}

/** A write to status leaves the rest of the object alone; of its metadata it may change labels and annotations. */
function keepAllButStatus(next: KubernetesObject, old: KubernetesObject): void {
  for (const member of new Set([...Object.keys(next), ...Object.keys(old)]))
    if (member !== 'status' && member !== 'metadata') keep(next, old, member)
  setOrDelete(next.metadata, 'ownerReferences', old.metadata.ownerReferences)
}

function specChanged<T extends KubernetesObject>(
  { custom, subresources }: ResourceDefinition<T>,
  next: T,
  old: T,
): boolean {
  const from = old as unknown as Members
  const to = next as unknown as Members
  for (const member of new Set([...Object.keys(to), ...Object.keys(from)]))
    if (!notSpec.has(member) && !semanticallyEqual(to[member], from[member])) return true
  // Without a subresource of its own, status is a field like any other.
  return custom !== undefined && !subresources?.status && !semanticallyEqual(to.status, from.status)
}

const notSpec = new Set(['apiVersion', 'kind', 'metadata', 'status'])

function setOrDelete<T extends object, K extends keyof T>(target: T, key: K, value: T[K] | undefined): void {
  if (value === undefined) delete target[key]
  else target[key] = value
}
