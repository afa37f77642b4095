import type { CustomResourceColumnDefinition } from '@tandem/api/apiextensions/v1/types'
import type { Column, KubernetesObject } from '@tandem/apimachinery'
import { ageOf } from '@tandem/apimachinery/human-duration'
import { JsonPath } from '@tandem/apimachinery/json-path'

type Cell = string | number | boolean | null

const nameColumn: Column<KubernetesObject> = {
  name: 'Name',
  type: 'string',
  format: 'name',
  description: 'Name of the object, unique within its namespace (or within the cluster).',
  value: ({ metadata }) => metadata.name,
}

const age: CustomResourceColumnDefinition = {
  name: 'Age',
  type: 'date',
  description: 'Time since the object was created.',
  jsonPath: '.metadata.creationTimestamp',
}

/** The columns that a definition asks for, after the name; a path that is none leaves the name alone. */
export function printerColumns(columns: readonly CustomResourceColumnDefinition[] = [age]): Column<KubernetesObject>[] {
  const asked = columns.length > 0 ? columns : [age]
  try {
    return [nameColumn, ...asked.map(columnOf)]
  } catch {
    return [nameColumn]
  }
}

function columnOf({ name, type, format, description, priority, jsonPath }: CustomResourceColumnDefinition) {
  const path = new JsonPath(jsonPath)
  return {
    name,
    type: type as Column<KubernetesObject>['type'],
    ...(format && { format }),
    description: description || `Custom resource definition column (in JSONPath format): ${jsonPath}`,
    ...(priority && { priority }),
    value: (object: KubernetesObject, now: number): Cell => cellOf(type, path.find(object), now),
  }
}

function cellOf(type: string, [value]: unknown[], now: number): Cell {
  if (value === undefined) return null
  switch (type) {
    case 'string':
      return printed(value)
    case 'integer':
      return typeof value === 'number' ? Math.trunc(value) : null
    case 'number':
      return typeof value === 'number' ? value : null
    case 'boolean':
      return typeof value === 'boolean' ? value : null
    case 'date':
      return typeof value === 'string' ? dateCell(value, now) : null
    default:
      return null
  }
}

const dateCell = (text: string, now: number): string => {
  if (text === '') return '<unknown>'
  return Number.isNaN(Date.parse(text)) ? '<invalid>' : ageOf(text, now)
}

const printed = (value: unknown): string =>
  typeof value === 'string' ? value : value === null ? '<nil>' : JSON.stringify(value)
