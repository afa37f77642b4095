import { quotaEvaluatorOf } from '@tandem/api/core/v1/quota/evaluators'
import { resourceQuotas } from '@tandem/api/core/v1/resourcequota'
import type { ResourceQuota } from '@tandem/api/core/v1/types'
import { conflict } from '@tandem/apimachinery'
import type { AdmissionPlugin } from '../admission.ts'
import { listAll, type PluginContext } from '../plugin-context.ts'
import { QuotaCharges } from './charges.ts'

/** Refuses what would use more than a namespace's quotas allow, and counts what does not. */
export const resourceQuota = (context: PluginContext): AdmissionPlugin => {
  const { quotaLimitedResources: limited = [] } = context.options
  const charges = new QuotaCharges({
    list: (namespace) => listAll(context, resourceQuotas, namespace),
    write: (quota) => write(context, quota),
  })
  return {
    name: 'ResourceQuota',
    operations: ['CREATE', 'UPDATE'],
    validate(request) {
      const { definition, namespace, object, operation, subresource } = request
      if (!namespace || definition.scope === 'Cluster' || definition.virtual || !object) return undefined
      const evaluator = quotaEvaluatorOf(`${definition.group}/${definition.plural}`)
      if (!evaluator?.handles({ operation, subresource, object, oldObject: request.oldObject })) return undefined
      return charges.charge(request, { evaluator, limited, now: context.clock.now() })
    },
  }
}

/** Compare and swap: what was charged against must still be so. */
async function write({ resources }: PluginContext, quota: ResourceQuota): Promise<void> {
  const { namespace, name, resourceVersion } = quota.metadata
  await resources.store(resourceQuotas).update(
    { namespace, name },
    (current) => {
      if (!current || current.metadata.resourceVersion !== resourceVersion)
        throw conflict({ group: '', resource: 'resourcequotas' }, name)
      return { ...current, status: { ...current.status, used: { ...quota.status?.used } } }
    },
    { subresource: 'status' },
  )
}
