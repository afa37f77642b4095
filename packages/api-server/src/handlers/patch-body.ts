import { badRequest, unsupportedMediaType } from '@tandem/apimachinery'
import { parseJson } from '@tandem/apimachinery/wire/json'
import { parseYaml } from '@tandem/apimachinery/wire/yaml'

const types = {
  'application/json-patch+json': 'json',
  'application/merge-patch+json': 'merge',
  'application/strategic-merge-patch+json': 'strategic',
  'application/apply-patch+yaml': 'apply',
} as const

export type PatchType = (typeof types)[keyof typeof types]

export function patchTypeOf(contentType: string | undefined): PatchType {
  const type = contentType?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const known = types[type as keyof typeof types]
  if (!known) throw unsupportedMediaType(Object.keys(types))
  return known
}

export function patchBody(bytes: Buffer | undefined, type: PatchType): unknown {
  try {
    return (type === 'apply' ? parseYaml : parseJson)(bytes ?? Buffer.alloc(0))
  } catch (cause) {
    const what = type === 'apply' ? 'YAML' : 'patch'
    throw badRequest(`error decoding ${what}: ${(cause as Error).message}`)
  }
}
