import type { ResourceDefinition } from '@tandem/apimachinery'
import { columns } from './pod/columns.ts'
import { defaults } from './pod/defaults.ts'
import { prepareForCreate, prepareForStatusUpdate, prepareForUpdate } from './pod/prepare.ts'
import { validateStatusUpdate } from './pod/status-validation.ts'
import { validate, validateUpdate } from './pod/validation.ts'
import { warnings } from './pod/warnings.ts'
import { isPodTerminal } from './pod-conditions.ts'
import type { Pod } from './types.ts'

/** A pod that no node has, or that has ended, has nothing to wind down. */
function gracePeriodSeconds(pod: Pod, requested: number | undefined): number {
  if (!pod.spec.nodeName || isPodTerminal(pod)) return 0
  const period = requested ?? pod.spec.terminationGracePeriodSeconds ?? 0
  return period < 0 ? 1 : period
}

const readWrite = ['create', 'delete', 'get', 'patch', 'update'] as const
const stream = ['create', 'get'] as const

export const pods: ResourceDefinition<Pod> = {
  group: '',
  version: 'v1',
  kind: 'Pod',
  plural: 'pods',
  shortNames: ['po'],
  categories: ['all'],
  scope: 'Namespaced',
  schema: 'io.k8s.api.core.v1.Pod',
  hasGeneration: true,
  gracePeriodSeconds,
  subresources: {
    status: true,
    others: [
      { name: 'attach', kind: 'PodAttachOptions', verbs: stream },
      { name: 'binding', kind: 'Binding', verbs: ['create'] },
      { name: 'ephemeralcontainers', kind: 'Pod', verbs: ['get', 'patch', 'update'] },
      { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
      { name: 'exec', kind: 'PodExecOptions', verbs: stream },
      { name: 'log', kind: 'Pod', verbs: ['get'] },
      { name: 'portforward', kind: 'PodPortForwardOptions', verbs: stream },
      { name: 'proxy', kind: 'PodProxyOptions', verbs: readWrite },
      { name: 'resize', kind: 'Pod', verbs: ['get', 'patch', 'update'] },
    ],
  },
  defaults,
  prepareForCreate,
  prepareForUpdate,
  prepareForStatusUpdate,
  validate,
  validateUpdate,
  validateStatusUpdate,
  warnings,
  selectableFields: {
    'spec.nodeName': (pod) => pod.spec.nodeName ?? '',
    'spec.restartPolicy': (pod) => pod.spec.restartPolicy ?? '',
    'spec.schedulerName': (pod) => pod.spec.schedulerName ?? '',
    'spec.serviceAccountName': (pod) => pod.spec.serviceAccountName ?? '',
    'spec.hostNetwork': (pod) => String(pod.spec.hostNetwork ?? false),
    'status.phase': (pod) => pod.status?.phase ?? '',
    'status.podIP': (pod) => pod.status?.podIPs?.[0]?.ip ?? pod.status?.podIP ?? '',
    // Upstream takes it, and knows no value of it.
    'status.podIPs': () => '',
    'status.nominatedNodeName': (pod) => pod.status?.nominatedNodeName ?? '',
  },
  columns,
}
