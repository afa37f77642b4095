import type { SelectableField } from '@tandem/api/apiextensions/v1/types'
import type { KubernetesObject } from '@tandem/apimachinery'
import { JsonPath } from '@tandem/apimachinery/json-path'

/** What field selectors may ask for, under the name of its path: `spec.color`. */
export const selectableFields = (
  fields: readonly SelectableField[],
): Readonly<Record<string, (object: KubernetesObject) => string>> =>
  Object.fromEntries(
    fields.map(({ jsonPath }) => {
      const path = new JsonPath(jsonPath)
      return [jsonPath.replace(/^\./, ''), (object: KubernetesObject) => shown(path.find(object)[0])]
    }),
  )

const shown = (value: unknown): string => (value === undefined || value === null ? '' : String(value))
