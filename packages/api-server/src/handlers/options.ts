import {
  badRequest,
  type FieldError,
  invalid,
  validatePatchOptions,
  validateWriteOptions,
  type WriteOptions,
} from '@tandem/apimachinery'
import type { RequestContext } from '../request/context.ts'

export type FieldValidation = 'Ignore' | 'Warn' | 'Strict'

/** What the query says about a write. */
export interface WriteParameters {
  dryRun: boolean
  fieldManager: string | undefined
  fieldValidation: FieldValidation
  force: boolean | undefined
}

const defaults: WriteParameters = { dryRun: false, fieldManager: undefined, fieldValidation: 'Warn', force: undefined }

export function writeParameters(kube: RequestContext, kind: 'CreateOptions' | 'UpdateOptions'): WriteParameters {
  if (kube.rawQuery === '') return defaults
  const options = rawOptions(kube)
  check(kind, validateWriteOptions(options))
  return toParameters(options, undefined)
}

export function patchParameters(kube: RequestContext, { apply }: { apply: boolean }): WriteParameters {
  const options = rawOptions(kube)
  const force = kube.query.has('force') ? booleanParameter(kube, 'force') : undefined
  check('PatchOptions', validatePatchOptions({ ...options, force, apply }))
  return toParameters(options, force)
}

const rawOptions = (kube: RequestContext): WriteOptions => ({
  dryRun: kube.query.getAll('dryRun'),
  fieldManager: kube.query.get('fieldManager') ?? '',
  fieldValidation: kube.query.get('fieldValidation') ?? '',
})

const toParameters = (options: WriteOptions, force: boolean | undefined): WriteParameters => ({
  dryRun: (options.dryRun?.length ?? 0) > 0,
  fieldManager: options.fieldManager || undefined,
  fieldValidation: (options.fieldValidation || 'Warn') as FieldValidation,
  force,
})

export function check(kind: string, faults: readonly FieldError[]): void {
  if (faults.length > 0) throw invalid({ group: 'meta.k8s.io', kind }, '', faults)
}

/** An integer in the query; what is none is refused as upstream refuses it. */
export function integerParameter(kube: RequestContext, name: string): number | undefined {
  const text = kube.parameter(name)
  if (text === undefined) return undefined
  if (!/^[+-]?\d+$/.test(text)) throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Number(text)
}

export function booleanParameter(kube: RequestContext, name: string): boolean {
  const text = kube.query.get(name)
  return text !== null && text.toLowerCase() !== 'false' && text !== '0'
}
