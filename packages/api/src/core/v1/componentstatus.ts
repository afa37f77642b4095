import type { ResourceDefinition } from '@tandem/apimachinery'
import { nameColumn } from '@tandem/apimachinery/columns'
import type { ComponentStatus } from './types.ts'

const healthy = ({ conditions }: ComponentStatus) => conditions?.find(({ type }) => type === 'Healthy')

function statusText(component: ComponentStatus): string {
  const condition = healthy(component)
  return condition ? (condition.status === 'True' ? 'Healthy' : 'Unhealthy') : 'Unknown'
}

/** Health of the control plane's parts, asked for when it is read; deprecated since v1.19. */
export const componentStatuses: ResourceDefinition<ComponentStatus> = {
  group: '',
  version: 'v1',
  kind: 'ComponentStatus',
  plural: 'componentstatuses',
  shortNames: ['cs'],
  scope: 'Cluster',
  schema: 'io.k8s.api.core.v1.ComponentStatus',
  verbs: ['get', 'list'],
  virtual: true,
  deprecated: { since: 'v1.19' },
  columns: [
    nameColumn,
    { name: 'Status', type: 'string', description: 'Status of the component conditions', value: statusText },
    {
      name: 'Message',
      type: 'string',
      description: 'Message of the component conditions',
      value: (component) => healthy(component)?.message ?? '',
    },
    {
      name: 'Error',
      type: 'string',
      description: 'Error of the component conditions',
      value: (component) => healthy(component)?.error ?? '',
    },
  ],
}
