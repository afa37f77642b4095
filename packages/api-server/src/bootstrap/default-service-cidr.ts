import { isDeepStrictEqual } from 'node:util'
import { serviceCIDRs } from '@tandem/api/networking/v1/servicecidr'
import type { Resources } from '../resources.ts'
import { ensure } from './ensure.ts'

const name = 'kubernetes'

/** The range that services get their addresses from, as an object that clients can look at. */
export async function bootstrapDefaultServiceCidr(resources: Resources, range: string): Promise<void> {
  const store = resources.store(serviceCIDRs)
  const cidrs = range.split(',')
  await ensure(store, {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'ServiceCIDR',
    metadata: { name },
    spec: { cidrs },
  })
  const current = (await store.get({ name })).object()
  const { spec, status } = current
  if (!isDeepStrictEqual(spec.cidrs, cidrs) || status?.conditions?.some(({ type }) => type === 'Ready')) return
  const ready = {
    type: 'Ready',
    status: 'True',
    reason: '',
    message: 'Kubernetes default Service CIDR is ready',
    lastTransitionTime: `${new Date().toISOString().slice(0, 19)}Z`,
  } as const
  await store.update(
    { name },
    (latest = current) => {
      // Another server may have said so just now.
      const others = (latest.status?.conditions ?? []).filter(({ type }) => type !== 'Ready')
      return { ...latest, status: { conditions: [...others, ready] } }
    },
    { subresource: 'status' },
  )
}
