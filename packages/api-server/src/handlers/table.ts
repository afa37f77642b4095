import {
  badRequest,
  type Column,
  invalidValue,
  type KubernetesObject,
  type ResourceDefinition,
} from '@tandem/apimachinery'
import { decodeObject } from '@tandem/apimachinery/decode/decode'
import type { RequestContext } from '../request/context.ts'
import { schemasOf } from '../schemas.ts'
import { partialMetadata } from './partial-metadata.ts'

export interface TableOptions {
  /** Of meta.k8s.io. */
  version: string
  /** `Metadata` (also when empty), `Object` or `None`. */
  includeObject: string
  now: number
}

const nameColumn: Column<KubernetesObject> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name must be unique within a namespace.',
  value: ({ metadata }) => metadata.name,
}
const createdColumn: Column<KubernetesObject> = {
  name: 'Created At',
  type: 'date',
  description: 'CreationTimestamp is a timestamp representing the server time when this object was created.',
  value: ({ metadata }) => metadata.creationTimestamp,
}
const fallback = [nameColumn, createdColumn]

const columnsOf = ({ columns }: ResourceDefinition): readonly Column<KubernetesObject>[] => columns ?? fallback

/** What `kubectl get` prints, computed here so that every client prints the same: all but the rows. `named` are its columns, or not again. */
export const tableOf = (
  definition: ResourceDefinition,
  metadata: object,
  { version, named }: { version: string; named: boolean },
) => ({
  kind: 'Table',
  apiVersion: `meta.k8s.io/${version}`,
  metadata,
  columnDefinitions: named ? columnsOf(definition).map(columnDefinition) : null,
})

const columnDefinition = ({ name, type, format = '', description, priority = 0 }: Column<KubernetesObject>) => ({
  name,
  type,
  format,
  description,
  priority,
})

export const rowOf = (
  definition: ResourceDefinition,
  object: KubernetesObject,
  { version, includeObject, now }: TableOptions,
) => ({
  cells: columnsOf(definition).map((column) => column.value(object, now)),
  object: shownObject(object, { version, includeObject }),
})

function shownObject(
  object: KubernetesObject,
  { version, includeObject }: Pick<TableOptions, 'version' | 'includeObject'>,
): object | null {
  if (includeObject === 'Object') return object
  const endsInitialEvents = object.metadata.annotations?.['k8s.io/initial-events-end'] === 'true'
  return includeObject === 'None' && !endsInitialEvents ? null : partialMetadata(object, version)
}

const inclusions = ['Metadata', 'Object', 'None', '']

/** What of the object a row carries. */
export function includeObjectOf(kube: RequestContext): string {
  const value = kube.parameter('includeObject') ?? ''
  if (inclusions.includes(value)) return value
  const { field, message } = invalidValue('includeObject', value, "must be 'Metadata', 'Object', 'None', or empty")
  throw badRequest(`Unable to convert to Table as requested: ${field}: ${message}`)
}

/** A bookmark is an object without content; its row is made as any other. */
export const bookmarkObject = (definition: ResourceDefinition, object: KubernetesObject): KubernetesObject =>
  decodeObject<KubernetesObject>(object, {
    schema: definition.schema,
    registry: schemasOf(definition),
    fieldValidation: 'Ignore',
  }).object
