import { type FieldError, invalidValue, semanticallyEqual } from '@tandem/apimachinery'
import { immutable } from '../../core/v1/field-checks.ts'
import type { Container, PodSpec, PodTemplateSpec } from '../../core/v1/types.ts'
import { isConditionTrue } from './job-condition.ts'
import type { Job, JobSpec } from './types.ts'

/** What may change of a job that is there. */
export function validateJobSpecUpdate(job: Job, old: Job): FieldError[] {
  const { spec } = job
  return [
    ...validateCompletions(spec, old.spec),
    ...immutable('spec.selector', spec.selector, old.spec.selector),
    ...validateTemplate(job, old),
    ...immutable('spec.completionMode', spec.completionMode, old.spec.completionMode),
    ...immutable('spec.podFailurePolicy', spec.podFailurePolicy, old.spec.podFailurePolicy),
    ...immutable('spec.backoffLimitPerIndex', spec.backoffLimitPerIndex, old.spec.backoffLimitPerIndex),
    ...immutable('spec.managedBy', spec.managedBy, old.spec.managedBy),
    ...immutable('spec.successPolicy', spec.successPolicy, old.spec.successPolicy),
  ]
}

function validateCompletions(spec: JobSpec, old: JobSpec): FieldError[] {
  const field = 'spec.completions'
  if (spec.completionMode !== 'Indexed') return immutable(field, spec.completions, old.completions)
  if (spec.completions === undefined || spec.completions === old.completions) return []
  return spec.completions === spec.parallelism
    ? []
    : [invalidValue(field, spec.completions, 'can only be modified in tandem with spec.parallelism')]
}

/** A suspended job without pods may still be told where to run, and with which resources. */
const isMutable = ({ spec, status = {} }: Job): boolean =>
  spec.suspend === true && (!status.startTime || isConditionTrue(status, 'Suspended')) && (status.active ?? 0) === 0

function validateTemplate({ spec: { template } }: Job, old: Job): FieldError[] {
  if (!isMutable(old)) return immutable('spec.template', template, old.spec.template)
  const expected = withResources(withSchedulingDirectives(old.spec.template, template), template)
  return semanticallyEqual(template.spec, expected.spec)
    ? []
    : immutable('spec.template.spec', template.spec, expected.spec)
}

function withSchedulingDirectives(old: PodTemplateSpec, template: PodTemplateSpec): PodTemplateSpec {
  const { nodeSelector, tolerations, schedulingGates, affinity } = template.spec ?? { containers: [] }
  const { nodeAffinity: _, ...others } = old.spec?.affinity ?? {}
  return {
    metadata: { ...old.metadata, ...pick(template.metadata ?? {}, ['labels', 'annotations']) },
    spec: {
      ...(old.spec ?? { containers: [] }),
      ...pick({ nodeSelector, tolerations, schedulingGates }, ['nodeSelector', 'tolerations', 'schedulingGates']),
      affinity: { ...others, ...(affinity?.nodeAffinity && { nodeAffinity: affinity.nodeAffinity }) },
    } as PodSpec,
  }
}

const pick = <T extends object, K extends keyof T>(object: T, keys: readonly K[]): Pick<T, K> =>
  Object.fromEntries(keys.map((key) => [key, object[key]])) as Pick<T, K>

function withResources(old: PodTemplateSpec, template: PodTemplateSpec): PodTemplateSpec {
  const take = (was: Container[] = [], is: Container[] = []): Container[] =>
    was.map((container, index) => {
      const now = is[index]
      return was.length === is.length && now?.name === container.name
        ? ({ ...container, resources: now.resources } as Container)
        : container
    })
  const { containers, initContainers, ...spec } = old.spec ?? { containers: [] }
  return {
    ...old,
    spec: {
      ...spec,
      containers: take(containers, template.spec?.containers),
      initContainers: take(initContainers, template.spec?.initContainers),
    },
  }
}
