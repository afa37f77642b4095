import type { ResourceDefinition } from '@tandem/apimachinery'
import { nameColumn } from '@tandem/apimachinery/columns'
import type { PodMetrics } from './types.ts'
import { usageColumns, windowColumn } from './usage-columns.ts'

/** What pods' containers use now. Made when it is read, and never stored. */
export const podMetrics: ResourceDefinition<PodMetrics> = {
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  kind: 'PodMetrics',
  plural: 'pods',
  singular: '',
  scope: 'Namespaced',
  schema: 'io.k8s.metrics.pkg.apis.metrics.v1beta1.PodMetrics',
  verbs: ['get', 'list'],
  virtual: true,
  columns: [
    nameColumn,
    ...usageColumns<PodMetrics>(({ containers = [] }) => containers.map(({ usage }) => usage)),
    windowColumn,
  ],
}
