import { namespaces } from '@tandem/api/core/v1/namespace'
import { services } from '@tandem/api/core/v1/service'
import { endpointSlices } from '@tandem/api/discovery/v1/endpointslice'
import { keyOf } from '@tandem/apimachinery'
import type { InformerFactory } from '@tandem/client'
import { type ClusterRecords, serviceKeyOf } from './records.ts'

export interface InformerRecords extends ClusterRecords {
  readonly synced: Promise<unknown>
  readonly hasSynced: boolean
  /** Grows with every change. */
  readonly serial: number
}

/** The records as informers keep them, found by index. */
export function informerRecords(informers: InformerFactory): InformerRecords {
  const namespaceInformer = informers.informer(namespaces)
  const serviceInformer = informers.informer(services)
  const sliceInformer = informers.informer(endpointSlices)
  serviceInformer.addIndex('address', ({ spec }) => [...new Set([spec.clusterIP ?? '', ...(spec.clusterIPs ?? [])])])
  sliceInformer.addIndex('service', (slice) => {
    const key = serviceKeyOf(slice)
    return key ? [keyOf(key)] : []
  })
  sliceInformer.addIndex('address', ({ endpoints = [] }) => [
    ...new Set(endpoints.flatMap(({ addresses }) => addresses)),
  ])
  let serial = Math.floor(Date.now() / 1000)
  const changed = () => {
    serial++
  }
  const counting = { added: changed, updated: changed, deleted: changed }
  serviceInformer.addHandler(counting)
  sliceInformer.addHandler(counting)
  const all = [namespaceInformer, serviceInformer, sliceInformer]
  return {
    hasNamespace: (name) => namespaceInformer.get({ name }) !== undefined,
    service: (key) => serviceInformer.get(key),
    slicesOf: (service) => sliceInformer.byIndex('service', keyOf(service)),
    servicesAt: (address) => serviceInformer.byIndex('address', address),
    slicesWith: (address) => sliceInformer.byIndex('address', address),
    synced: Promise.all(all.map((informer) => informer.synced)),
    get hasSynced() {
      return all.every((informer) => informer.hasSynced)
    },
    get serial() {
      return serial
    },
  }
}
