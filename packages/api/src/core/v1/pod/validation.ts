import {
  type FieldError,
  forbiddenField,
  invalidValue,
  nameIsDnsSubdomain,
  required,
  semanticallyEqual,
  validateInRange,
} from '@tandem/apimachinery'
import { validateTolerations } from '../pod-spec/affinity.ts'
import { validateImageSpace } from '../pod-spec/containers.ts'
import { validatePodSpec } from '../pod-spec/validation.ts'
import type { Container, Pod, PodSpec, Toleration } from '../types.ts'
import { mirrorAnnotation, validatePodAnnotationChanges, validatePodAnnotations } from './annotations.ts'
import { changedFields } from './changed-fields.ts'
import { keepNodeAffinity, validateGatedChanges } from './gated.ts'
import { validateProfilesMatch } from './profile-annotations.ts'

const annotationsField = 'metadata.annotations'
const largestInt32 = 2 ** 31 - 1

/** The rules that hold on create and on every update. */
export function validatePod({ metadata, spec }: Pod): FieldError[] {
  const errors = [
    ...validatePodAnnotations(annotationsField, metadata.annotations ?? {}, spec),
    ...validatePodSpec('spec', spec, { of: 'pod', name: metadata.name }),
  ]
  if (metadata.annotations?.[mirrorAnnotation] !== undefined && spec.resourceClaims?.length)
    errors.push(forbiddenField('[]', 'static pods do not support resource claims'))
  if (!spec.serviceAccountName)
    for (const [i, { projected }] of (spec.volumes ?? []).entries())
      for (const [j, { serviceAccountToken }] of (projected?.sources ?? []).entries())
        if (serviceAccountToken)
          errors.push(
            forbiddenField(
              `spec.volumes[${i}].projected.sources[${j}].serviceAccountToken`,
              'must not be specified when serviceAccountName is not set',
            ),
          )
  for (const list of ['containers', 'initContainers'] as const)
    for (const [i, container] of (spec[list] ?? []).entries())
      errors.push(...validateImageSpace(`spec.${list}[${i}]`, container))
  return errors
}

export function validate(pod: Pod): FieldError[] {
  const errors = validatePod(pod)
  if ((pod.spec.ephemeralContainers ?? []).length > 0)
    errors.push(forbiddenField('spec.ephemeralContainers', 'cannot be set on create'))
  if (pod.spec.nodeName && (pod.spec.schedulingGates ?? []).length > 0)
    errors.push(forbiddenField('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'))
  return [...errors, ...validateProfilesMatch('spec', pod.metadata.annotations, pod.spec)]
}

const updatable = [
  '`spec.containers[*].image`',
  '`spec.initContainers[*].image`',
  '`spec.activeDeadlineSeconds`',
  '`spec.tolerations` (only additions to existing tolerations)',
  '`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
].join(',')

function validateImages(field: string, containers: readonly Container[]): FieldError[] {
  return containers.flatMap((container, i) => [
    ...(container.image ? [] : [required(`${field}[${i}].image`)]),
    ...validateImageSpace(`${field}[${i}]`, container),
  ])
}

/** A deadline can be set, and brought forward. */
function validateDeadlineChange({ spec }: Pod, old: Pod): FieldError[] {
  const field = 'spec.activeDeadlineSeconds'
  const now = spec.activeDeadlineSeconds
  const before = old.spec.activeDeadlineSeconds
  if (now === undefined)
    return before === undefined
      ? []
      : [invalidValue(field, null, 'must not update from a positive integer to nil value')]
  const faults = validateInRange(now, 0, largestInt32)
  if (faults.length > 0) return faults.map((fault) => invalidValue(field, now, fault))
  return before !== undefined && before < now
    ? [invalidValue(field, now, 'must be less than or equal to previous value')]
    : []
}

const withoutSeconds = ({ tolerationSeconds: _, ...toleration }: Toleration): Toleration => toleration

function validateTolerationChange({ spec: { tolerations = [] } }: Pod, old: Pod): FieldError[] {
  const field = 'spec.tolerations'
  const kept = (old.spec.tolerations ?? []).every((before) =>
    tolerations.some((now) => semanticallyEqual(withoutSeconds(now), withoutSeconds(before))),
  )
  return kept
    ? validateTolerations(field, tolerations)
    : [forbiddenField(field, 'existing toleration can not be modified except its tolerationSeconds')]
}

function validateGateChange({ spec: { schedulingGates = [] } }: Pod, old: Pod): FieldError[] {
  const before = new Set((old.spec.schedulingGates ?? []).map(({ name }) => name))
  return schedulingGates.flatMap(({ name }, i) =>
    before.has(name)
      ? []
      : [
          forbiddenField(
            `spec.schedulingGates[${i}].name`,
            `only deletion is allowed, but found new scheduling gate '${name}'`,
          ),
        ],
  )
}

const withImagesOf = (containers: readonly Container[], old: readonly Container[]): Container[] =>
  containers.map((container, i) => ({ ...container, image: old[i]?.image }))

/** The new spec with all that may change put back: what differs then, may not. */
function fixedPart({ spec }: Pod, old: Pod): PodSpec {
  const fixed: PodSpec = {
    ...spec,
    containers: withImagesOf(spec.containers, old.spec.containers),
    initContainers: withImagesOf(spec.initContainers ?? [], old.spec.initContainers ?? []),
    activeDeadlineSeconds: old.spec.activeDeadlineSeconds,
    schedulingGates: old.spec.schedulingGates,
    tolerations: old.spec.tolerations,
  }
  if ((old.spec.terminationGracePeriodSeconds ?? 0) < 0 && spec.terminationGracePeriodSeconds === 1)
    fixed.terminationGracePeriodSeconds = old.spec.terminationGracePeriodSeconds
  if ((old.spec.schedulingGates ?? []).length > 0) {
    fixed.nodeSelector = old.spec.nodeSelector
    fixed.affinity = keepNodeAffinity(spec.affinity, old.spec.affinity)
  }
  return fixed
}

export function validateUpdate(pod: Pod, old: Pod): FieldError[] {
  const errors = [...validatePod(pod), ...validatePodAnnotationChanges(annotationsField, pod, old)]
  for (const list of ['containers', 'initContainers'] as const) {
    const now = pod.spec[list] ?? []
    if (now.length !== (old.spec[list] ?? []).length)
      return [...errors, forbiddenField(`spec.${list}`, 'pod updates may not add or remove containers')]
    errors.push(...validateImages(`spec.${list}`, now))
  }
  errors.push(...validateDeadlineChange(pod, old))
  errors.push(...validateTolerationChange(pod, old))
  errors.push(...validateGateChange(pod, old))
  if (semanticallyEqual(pod.spec, old.spec)) return errors
  if ((old.spec.schedulingGates ?? []).length > 0) errors.push(...validateGatedChanges(pod, old))
  const fixed = fixedPart(pod, old)
  if (!semanticallyEqual(fixed, old.spec))
    errors.push(
      forbiddenField(
        'spec',
        `pod updates may not change fields other than ${updatable}\n${changedFields(old.spec, fixed)}`,
      ),
    )
  return errors
}

export const validateNodeName = (field: string, name: string): FieldError[] =>
  nameIsDnsSubdomain(name, false).map((fault) => invalidValue(field, name, fault))
