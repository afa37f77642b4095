import type { FieldError } from './field-error.ts'
import type { KubernetesObject } from './meta.ts'
import type { SchemaRegistry } from './schema.ts'

export type Verb = 'create' | 'delete' | 'deletecollection' | 'get' | 'list' | 'patch' | 'update' | 'watch'

/** One column of a Table (`kubectl get`). Priority 0 is always shown, 1 only with `-o wide`. */
export interface Column<T> {
  name: string
  type: 'string' | 'integer' | 'number' | 'boolean' | 'date'
  format?: string
  description: string
  priority?: number
  /** `now` in milliseconds: ages are computed by the server. */
  value(object: T, now: number): string | number | boolean | null
}

/** What the server does around a scale subresource: paths into the object, as in a custom resource's `subresources.scale`. */
export interface ScaleSubresource {
  specReplicasPath: string
  statusReplicasPath: string
  /** A path to a label selector (string or LabelSelector) for `status.selector`. */
  labelSelectorPath?: string
}

export interface Subresources {
  /** With a status subresource, writes to the resource leave status alone and writes to status leave the rest alone. */
  status?: true
  scale?: ScaleSubresource
  /** Others that have a handler of their own in the API server, such as `binding`, `log`, `exec`. Discovery lists them. */
  others?: readonly SubresourceInfo[]
}

/** Who asks for an object to be made, for kinds that keep it. */
export interface Requester {
  readonly username: string
  readonly uid: string
  readonly groups: readonly string[]
  readonly extra: Readonly<Record<string, readonly string[]>>
}

export interface SubresourceInfo {
  name: string
  kind: string
  group?: string
  version?: string
  verbs: readonly string[]
}

/** What a kind that is no built-in type brings with it. Nothing it is given is changed; what comes back shares what stayed the same. */
export interface CustomType {
  /** Where `schema`, and the types it names, are found. */
  readonly registry: SchemaRegistry
  /** From parsed JSON to an object of the kind: what the schema does not know is left out, and told of. Throws DecodeError. */
  decode(value: Record<string, unknown>): { object: KubernetesObject; unknown: string[] }
  /** What is stored, as it reads now: it may have been written under another schema. The very object when nothing differs. */
  fromStored(stored: KubernetesObject): KubernetesObject
  /** Objects stay in the version in which they were written until they are written again. */
  readonly keepsVersion?: true
  /** Its schema as OpenAPI documents publish it; 2 has fewer words than 3. */
  published(version: 2 | 3): Record<string, unknown>
}

/**
 * Everything the API server must know about one version of one resource. One file in `@tandem/api` exports one.
 * All functions are pure but for changes to the object they are given, which is theirs to change.
 */
export interface ResourceDefinition<T extends KubernetesObject = KubernetesObject> {
  readonly group: string
  readonly version: string
  readonly kind: string
  readonly plural: string
  /** Lower-case kind unless given. */
  readonly singular?: string
  /** `<kind>List` unless given. */
  readonly listKind?: string
  readonly shortNames?: readonly string[]
  readonly categories?: readonly string[]
  readonly scope: 'Namespaced' | 'Cluster'
  /** The type's name in the schema registry: `io.k8s.api.core.v1.Pod`. */
  readonly schema: string
  /** Of custom resources. */
  readonly custom?: CustomType
  /** All eight unless given. Review kinds have `create` alone and are `virtual`: they have a handler and no storage. */
  readonly verbs?: readonly Verb[]
  readonly virtual?: true
  /** metadata.generation starts at 1 and counts changes of spec (everything but metadata and status). */
  readonly hasGeneration?: true
  /** Default `deleteOptions.propagationPolicy` where it is not Background (core v1 ReplicationController: Orphan). */
  readonly defaultPropagation?: 'Orphan' | 'Background'
  /** Graceful deletion: seconds to wait, or undefined to delete at once. Pods only, upstream. */
  gracePeriodSeconds?(object: T, requested: number | undefined): number | undefined
  /** May an update with a name that does not exist create the object? */
  readonly allowCreateOnUpdate?: true
  /** May an update come without a resourceVersion? Upstream's AllowUnconditionalUpdate; true unless false. */
  readonly allowUnconditionalUpdate?: false
  /** How names are checked: a DNS subdomain unless given; returns messages, empty when good. */
  validateName?(name: string, prefix: boolean): string[]
  readonly subresources?: Subresources

  /** Every answer warns of it. */
  readonly deprecated?: Deprecated
  /** The same, in a definition's own words. */
  readonly deprecationWarning?: string

  /** Another definition under which the object is stored, with conversion both ways (autoscaling/v1 is stored as v2). */
  readonly storedAs?: {
    readonly definition: ResourceDefinition<never>
    toStored(object: T): KubernetesObject
    fromStored(stored: KubernetesObject): KubernetesObject
    /** The rules of this version hold for what it writes, and none of the other's: versions of a custom resource. */
    readonly ownRules?: true
    /** Where only somebody else knows how, in place of the two. */
    readonly convert?: {
      toStored(object: KubernetesObject): Promise<KubernetesObject>
      fromStored(stored: readonly KubernetesObject[]): Promise<KubernetesObject[]>
    }
    /** Selectable fields that have another name in the stored form: `regarding.name` is kept as `involvedObject.name`. */
    readonly fieldNames?: Readonly<Record<string, string>>
  }

  /** Fills defaults into a decoded object, in place. Runs on create, update and on patched results. */
  defaults?(object: T): void
  /** Tidies before validation: clears status and what the server owns. Must not hide what validation would reject. */
  prepareForCreate?(object: T, by?: Requester): void
  prepareForUpdate?(object: T, old: T): void
  prepareForStatusUpdate?(object: T, old: T): void
  /** Every fault, in upstream's words; object metadata is checked by the store, not here. */
  validate?(object: T): FieldError[]
  validateUpdate?(object: T, old: T): FieldError[]
  validateStatusUpdate?(object: T, old: T): FieldError[]
  /** Texts for `Warning` headers. */
  warnings?(object: T, old?: T): string[]
  /** Values for field selectors beside `metadata.name` and `metadata.namespace`. Keys are fixed per resource. */
  readonly selectableFields?: Readonly<Record<string, (object: T) => string>>
  readonly columns?: readonly Column<T>[]
}

export interface Deprecated {
  /** The release: `v1.33`. */
  since: string
  /** Version and kind of what takes its place. */
  use?: string
}

/** Keeps the element type of a definition while a list of all of them is of one type. */
export type AnyResourceDefinition = ResourceDefinition<never>

export const allVerbs: readonly Verb[] = [
  'create',
  'delete',
  'deletecollection',
  'get',
  'list',
  'patch',
  'update',
  'watch',
]
