import { isDeepStrictEqual } from 'node:util'
import { namespaces } from '@tandem/api/core/v1/namespace'
import type { Pod, PodSpec } from '@tandem/api/core/v1/types'
import { type AdmissionPlugin, type AdmissionRequest, objectOf } from '../admission.ts'
import { admissionForbidden } from '../forbidden.ts'
import { lookUp, type PluginContext } from '../plugin-context.ts'
import { baselineChecks, type Check, restrictedChecks } from './checks.ts'

const label = 'pod-security.kubernetes.io'
const checksOf: Readonly<Record<string, readonly Check[]>> = {
  privileged: [],
  baseline: baselineChecks,
  restricted: restrictedChecks,
}

/** Workloads, and where they keep the pod that they will make. */
const templates: Readonly<Record<string, (object: never) => PodSpec | undefined>> = {
  '/replicationcontrollers': (object: WithTemplate) => object.spec?.template?.spec,
  'apps/deployments': (object: WithTemplate) => object.spec?.template?.spec,
  'apps/replicasets': (object: WithTemplate) => object.spec?.template?.spec,
  'apps/daemonsets': (object: WithTemplate) => object.spec?.template?.spec,
  'apps/statefulsets': (object: WithTemplate) => object.spec?.template?.spec,
  'batch/jobs': (object: WithTemplate) => object.spec?.template?.spec,
  'batch/cronjobs': (object: { spec?: { jobTemplate?: WithTemplate } }) =>
    object.spec?.jobTemplate?.spec?.template?.spec,
}

interface WithTemplate {
  spec?: { template?: { spec?: PodSpec } }
}

/** Holds pods to the standard that their namespace's labels ask for: `enforce` refuses, `warn` tells. */
export const podSecurity = (context: PluginContext): AdmissionPlugin => ({
  name: 'PodSecurity',
  resources: ['/pods', ...Object.keys(templates)],
  operations: ['CREATE', 'UPDATE'],
  async validate(request) {
    const { definition, namespace, subresource } = request
    if (subresource !== '' && subresource !== 'ephemeralcontainers') return
    const isPod = definition.plural === 'pods'
    const spec = isPod
      ? objectOf<Pod>(request).spec
      : templates[`${definition.group}/${definition.plural}`]?.(request.object as never)
    if (!spec || (isPod && isUnchanged(request))) return
    const labels = (await lookUp(context, namespaces, { name: namespace }))?.metadata.labels ?? {}
    const enforced = labels[`${label}/enforce`] ?? defaultLevel(context, namespace)
    const refusal = isPod ? violation(spec, enforced, labels[`${label}/enforce-version`]) : undefined
    if (refusal) throw admissionForbidden(request, `violates ${refusal}`)
    const warned = labels[`${label}/warn`] ?? (isPod ? 'privileged' : enforced)
    const warning = violation(spec, warned, labels[`${label}/warn-version`])
    if (warning) request.warn(`would violate ${warning}`)
  },
})

/** The system's own namespace is left out of what holds for a whole cluster. */
const defaultLevel = ({ options }: PluginContext, namespace: string): string =>
  namespace === 'kube-system' ? 'privileged' : (options.podSecurityEnforce ?? 'privileged')

function violation(spec: PodSpec, level: string, version = 'latest'): string | undefined {
  // A label that says nothing known is taken at its strictest.
  const checks = checksOf[level] ?? restrictedChecks
  const broken = checks.flatMap((check) => {
    const detail = check.broken(spec)
    return detail === undefined ? [] : [`${check.reason} (${detail})`]
  })
  return broken.length > 0 ? `PodSecurity "${level}:${version}": ${broken.join(', ')}` : undefined
}

const isUnchanged = ({ operation, object, oldObject }: AdmissionRequest): boolean =>
  operation === 'UPDATE' && isDeepStrictEqual((object as Pod).spec, (oldObject as Pod | undefined)?.spec)
