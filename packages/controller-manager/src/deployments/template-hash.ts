import type { PodTemplateSpec } from '@tandem/api/core/v1/types'
import { semanticallyEqual } from '@tandem/apimachinery'

/** The label that tells the pods of one revision from those of another. */
export const podTemplateHash = 'pod-template-hash'

/** Short and stable, without vowels or look-alikes, so that it spells nothing. */
export function hashOfTemplate(template: object, collisionCount: number | undefined): string {
  const text = canonical(template) + (collisionCount === undefined ? '' : `#${collisionCount}`)
  return safeEncode(String(fnv32a(text)))
}

const longestName = 253

/** A deployment's name may be as long as a name can be: then its end makes room for the hash. */
export const replicaSetName = (deploymentName: string, hash: string): string =>
  `${deploymentName.slice(0, longestName - hash.length - 1)}-${hash}`

/** The same pods, whatever revision they were labelled with. */
export function sameTemplate(a: PodTemplateSpec | undefined, b: PodTemplateSpec | undefined): boolean {
  return semanticallyEqual(withoutHash(a ?? {}), withoutHash(b ?? {}))
}

export function withoutHash(template: PodTemplateSpec): PodTemplateSpec {
  const { [podTemplateHash]: _, ...labels } = template.metadata?.labels ?? {}
  return { ...template, metadata: { ...template.metadata, labels } as NonNullable<PodTemplateSpec['metadata']> }
}

export const withHash = (template: PodTemplateSpec, hash: string): PodTemplateSpec => ({
  ...structuredClone(template),
  metadata: { ...template.metadata, labels: { ...template.metadata?.labels, [podTemplateHash]: hash } } as NonNullable<
    PodTemplateSpec['metadata']
  >,
})

/** JSON with the fields of every object in order. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(',')}}`
}

function fnv32a(text: string): number {
  let hash = 0x811c9dc5
  for (const byte of Buffer.from(text)) hash = Math.imul(hash ^ byte, 0x01000193)
  return hash >>> 0
}

const alphabet = 'bcdfghjklmnpqrstvwxz2456789'
const safeEncode = (text: string): string =>
  [...text].map((character) => alphabet[character.charCodeAt(0) % alphabet.length]).join('')
