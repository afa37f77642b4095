import { type FieldError, invalidValue, labelMatcherOf, matchesLabels, required } from '@tandem/apimachinery'
import type { Job } from './types.ts'

/** On the pods of a job, under today's names and those of before. */
export const controllerUidLabel = 'batch.kubernetes.io/controller-uid'
export const jobNameLabel = 'batch.kubernetes.io/job-name'
const legacyControllerUidLabel = 'controller-uid'
const legacyJobNameLabel = 'job-name'

/** Unless the user does it: labels that no other job's pods have, and a selector of them. Those that are there stay. */
export function generateSelector({ metadata: { name, uid }, spec }: Job): void {
  spec.template.metadata ??= {}
  spec.template.metadata.labels = {
    [legacyJobNameLabel]: name,
    [jobNameLabel]: name,
    [legacyControllerUidLabel]: uid,
    [controllerUidLabel]: uid,
    ...spec.template.metadata.labels,
  }
  spec.selector ??= {}
  spec.selector.matchLabels = { [controllerUidLabel]: uid, ...spec.selector.matchLabels }
}

export const hasPrefixedLabels = ({ spec }: Job): boolean => {
  const labels = spec.template.metadata?.labels ?? {}
  return jobNameLabel in labels && controllerUidLabel in labels
}

export function validateGeneratedSelector(job: Job, { prefixed }: { prefixed: boolean }): FieldError[] {
  const { metadata, spec } = job
  if (spec.manualSelector || !spec.selector) return []
  const expected: Record<string, string> = {
    [legacyControllerUidLabel]: metadata.uid,
    [legacyJobNameLabel]: metadata.name,
    ...(prefixed && { [controllerUidLabel]: metadata.uid, [jobNameLabel]: metadata.name }),
  }
  const errors = metadata.uid ? [] : [required('metadata.uid')]
  for (const [key, value] of Object.entries(expected)) errors.push(...validateHasLabel(job, key, value))
  if (!matches(job, expected))
    errors.push(invalidValue('spec.selector', spec.selector, '`selector` not auto-generated'))
  return errors
}

function matches({ spec: { selector } }: Job, labels: Record<string, string>): boolean {
  try {
    return matchesLabels(labelMatcherOf(selector), labels)
  } catch {
    return true
  }
}

function validateHasLabel({ spec }: Job, key: string, expected: string): FieldError[] {
  const labels = spec.template.metadata?.labels ?? {}
  const field = `spec.template.metadata.labels[${key}]`
  if (labels[key] === undefined) return [required(field, `must be '${expected}'`)]
  return labels[key] === expected ? [] : [invalidValue(field, labels, `must be '${expected}'`)]
}

/** Whoever made it, the selector must match the job's own pods. */
export function validateSelectorMatchesPods(job: Job): FieldError[] {
  const labels = job.spec.template.metadata?.labels
  if (matches(job, labels ?? {})) return []
  return [invalidValue('spec.template.metadata.labels', labels ?? null, '`selector` does not match template `labels`')]
}
