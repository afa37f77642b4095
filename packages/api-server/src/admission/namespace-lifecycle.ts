import { namespaces } from '@tandem/api/core/v1/namespace'
import { forbidden, notFound, StatusError } from '@tandem/apimachinery'
import type { AdmissionPlugin, AdmissionRequest } from './admission.ts'
import { admissionForbidden } from './forbidden.ts'
import { lookUp, type PluginContext } from './plugin-context.ts'

const immortal = new Set(['default', 'kube-system', 'kube-public'])

/** Nothing is created in a namespace that is not there or is going away; the system's own namespaces stay. */
export const namespaceLifecycle = (context: PluginContext): AdmissionPlugin => ({
  name: 'NamespaceLifecycle',
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  async admit(request) {
    const { definition, operation, namespace, name } = request
    if (definition.group === '' && definition.plural === 'namespaces') {
      if (operation === 'DELETE' && immortal.has(name))
        throw forbidden({ group: '', resource: 'namespaces' }, name, 'this namespace may not be deleted')
      return
    }
    if (definition.scope === 'Cluster' || operation === 'DELETE' || isAccessReview(request)) return
    const found = await lookUp(context, namespaces, { name: namespace })
    if (!found) throw notFound({ group: '', resource: 'namespaces' }, namespace)
    if (operation === 'CREATE' && found.status?.phase === 'Terminating') throw terminating(request)
  },
})

const isAccessReview = ({ definition }: AdmissionRequest): boolean => definition.plural === 'localsubjectaccessreviews'

function terminating(request: AdmissionRequest): StatusError {
  const { namespace } = request
  const { status } = admissionForbidden(
    request,
    `unable to create new content in namespace ${namespace} because it is being terminated`,
  )
  const cause = {
    reason: 'NamespaceTerminating',
    message: `namespace ${namespace} is being terminated`,
    field: 'metadata.namespace',
  }
  return new StatusError({ ...status, details: { ...status.details, causes: [cause] } })
}
