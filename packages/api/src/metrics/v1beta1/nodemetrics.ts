import type { ResourceDefinition } from '@tandem/apimachinery'
import { nameColumn } from '@tandem/apimachinery/columns'
import type { NodeMetrics } from './types.ts'
import { usageColumns, windowColumn } from './usage-columns.ts'

/** What nodes use now. Made when it is read, and never stored. */
export const nodeMetrics: ResourceDefinition<NodeMetrics> = {
  group: 'metrics.k8s.io',
  version: 'v1beta1',
  kind: 'NodeMetrics',
  plural: 'nodes',
  singular: '',
  scope: 'Cluster',
  schema: 'io.k8s.metrics.pkg.apis.metrics.v1beta1.NodeMetrics',
  verbs: ['get', 'list'],
  virtual: true,
  columns: [nameColumn, ...usageColumns<NodeMetrics>(({ usage }) => [usage]), windowColumn],
}
