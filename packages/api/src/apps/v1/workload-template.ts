import {
  type FieldError,
  forbiddenField,
  invalidValue,
  labelMatcherOf,
  matchesLabels,
  notSupported,
  required,
} from '@tandem/apimachinery'
import { defaultPodTemplateSpec, validatePodTemplateSpec } from '../../core/v1/pod-template.ts'
import type { PodTemplateSpec } from '../../core/v1/types.ts'
import { isEmptySelector, isUsableSelector, validateLabelSelector } from '../../meta/v1/label-selector.ts'
import type { LabelSelector } from '../../meta/v1/types.ts'

export interface WorkloadSpec {
  selector: LabelSelector
  template: PodTemplateSpec
}

/** Fills in a template. One that is missing is an empty one, for validation to complain of. */
export function defaultTemplate(spec: { template?: PodTemplateSpec }): void {
  spec.template ??= {}
  defaultPodTemplateSpec(spec.template)
}

/** A selector that is required and may not select everything. */
export function validateWorkloadSelector(
  field: string,
  selector: LabelSelector | undefined,
  kind: string,
): FieldError[] {
  if (!selector) return [required(field)]
  const errors = validateLabelSelector(field, selector)
  if (isEmptySelector(selector)) errors.push(invalidValue(field, selector, `empty selector is invalid for ${kind}`))
  return errors
}

/** No selector selects nothing, an empty one everything. */
export function validateSelectorMatchesTemplate(field: string, { selector, template }: WorkloadSpec): FieldError[] {
  const labels = template.metadata?.labels
  if (matchesLabels(labelMatcherOf(selector), labels)) return []
  return [invalidValue(`${field}.metadata.labels`, labels ?? null, '`selector` does not match template `labels`')]
}

/** Controllers replace their pods for ever: such a pod cannot end by itself. */
export function validateRunsForever(field: string, { spec }: PodTemplateSpec, kind: string): FieldError[] {
  const errors: FieldError[] = []
  if (spec?.restartPolicy !== 'Always')
    errors.push(notSupported(`${field}.spec.restartPolicy`, spec?.restartPolicy ?? '', ['Always']))
  if (spec?.activeDeadlineSeconds !== undefined)
    errors.push(
      forbiddenField(`${field}.spec.activeDeadlineSeconds`, `activeDeadlineSeconds in ${kind} is not Supported`),
    )
  return errors
}

/** Deployments and ReplicaSets share this, and its words. */
export function validateReplicaSetTemplate(spec: WorkloadSpec): FieldError[] {
  if (!isUsableSelector(spec.selector)) return [invalidValue('spec.selector', spec.selector, 'invalid label selector')]
  return [
    ...validateSelectorMatchesTemplate('spec.template', spec),
    ...validatePodTemplateSpec('spec.template', spec.template),
    ...validateRunsForever('spec.template', spec.template, 'ReplicaSet'),
  ]
}
