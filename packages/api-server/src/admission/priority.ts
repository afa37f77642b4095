import type { Pod } from '@tandem/api/core/v1/types'
import { priorityClasses } from '@tandem/api/scheduling/v1/priorityclass'
import type { PriorityClass } from '@tandem/api/scheduling/v1/types'
import { forbidden } from '@tandem/apimachinery'
import { type AdmissionPlugin, type AdmissionRequest, objectOf } from './admission.ts'
import { admissionForbidden } from './forbidden.ts'
import { listAll, lookUp, type PluginContext } from './plugin-context.ts'

/** Writes the number behind a pod's priority class, which the scheduler compares; keeps the global default unique. */
export const priority = (context: PluginContext): AdmissionPlugin => ({
  name: 'Priority',
  resources: ['/pods', 'scheduling.k8s.io/priorityclasses'],
  operations: ['CREATE', 'UPDATE'],
  async admit(request) {
    if (request.definition.plural !== 'pods' || request.subresource !== '' || request.operation !== 'CREATE') return
    await resolve(context, request)
  },
  async validate(request) {
    if (request.definition.plural !== 'priorityclasses') return
    const wanted = objectOf<PriorityClass>(request)
    if (!wanted.globalDefault) return
    const other = (await listAll(context, priorityClasses)).find(
      ({ globalDefault, metadata }) => globalDefault && metadata.name !== wanted.metadata.name,
    )
    if (other)
      throw forbidden(
        { group: 'scheduling.k8s.io', resource: 'priorityclasses' },
        wanted.metadata.name,
        `PriorityClass ${other.metadata.name} is already marked as default. Only one default can exist`,
      )
  },
})

async function resolve(context: PluginContext, request: AdmissionRequest): Promise<void> {
  const { spec } = objectOf<Pod>(request)
  if (!spec) return
  const found = spec.priorityClassName
    ? await named(context, request, spec.priorityClassName)
    : (await listAll(context, priorityClasses))
        .filter(({ globalDefault }) => globalDefault)
        .sort((a, b) => (a.value ?? 0) - (b.value ?? 0))[0]
  const value = found?.value ?? 0
  const policy = found?.preemptionPolicy ?? 'PreemptLowerPriority'
  if (spec.priority !== undefined && spec.priority !== value)
    throw admissionForbidden(
      request,
      `the integer value of priority (${spec.priority}) must not be provided in pod spec; priority admission controller computed ${value} from the given PriorityClass name`,
    )
  if (spec.preemptionPolicy !== undefined && spec.preemptionPolicy !== policy)
    throw admissionForbidden(
      request,
      `the string value of PreemptionPolicy (${spec.preemptionPolicy}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
    )
  if (found) spec.priorityClassName = found.metadata.name
  spec.priority = value
  spec.preemptionPolicy = policy as NonNullable<typeof spec.preemptionPolicy>
}

async function named(context: PluginContext, request: AdmissionRequest, name: string): Promise<PriorityClass> {
  const found = await lookUp(context, priorityClasses, { name })
  if (!found) throw admissionForbidden(request, `no PriorityClass with name ${name} was found`)
  return found
}
