import { badRequest, type ResourceDefinition, unsupportedMediaType } from '@tandem/apimachinery'
import { type TextFaults, textFaults, yamlFaults } from '@tandem/apimachinery/decode/decode'
import { fieldFaults } from '@tandem/apimachinery/decode/field-faults'
import { parseJson } from '@tandem/apimachinery/wire/json'
import { readYaml } from '@tandem/apimachinery/wire/yaml'

const types = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
} as const

export type PatchType = (typeof types)[keyof typeof types]

/** How a strategic patch merges is told by built-in types alone. */
export function patchTypeOf(
  contentType: string | undefined,
  { custom }: Pick<ResourceDefinition, 'custom'>,
): PatchType {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const known = types[type as keyof typeof types]
  if (!known || (known === 'strategic' && custom))
    throw unsupportedMediaType(Object.keys(types).filter((name) => !custom || !name.includes('strategic')))
  return known
}

export interface PatchBody {
  value: unknown
  /** What is wrong with its text, though it can be read. */
  faults: TextFaults
}

export function patchBody(bytes: Buffer = Buffer.alloc(0), type: PatchType): PatchBody {
  try {
    if (type === 'apply') {
      const { value, repeated } = readYaml(bytes)
      return { value, faults: yamlFaults(repeated) }
    }
    const value = parseJson(bytes)
    return { value, faults: textFaults(faultsOf(bytes, value, type)) }
  } catch (cause) {
    const what = type === 'apply' ? 'YAML' : 'patch'
    throw badRequest(`error decoding ${what}: ${(cause as Error).message}`)
  }
}

const operationFields = new Set(['op', 'path', 'from', 'value'])

/** Members named twice, and in a JSON patch those that no operation has. What else is unknown shows in what the patch makes. */
function faultsOf(bytes: Buffer, value: unknown, type: PatchType): string[] {
  if (type !== 'json') return fieldFaults(bytes, value, [])
  const operations = Array.isArray(value) ? value : []
  const unknown = operations.flatMap((operation: unknown, index) =>
    Object.keys(operation ?? {})
      .filter((name) => !operationFields.has(name))
      .map((name) => `[${index}].${name}`),
  )
  return fieldFaults(bytes, value, unknown).map((fault) => `json patch ${fault}`)
}
