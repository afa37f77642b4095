import { services } from '@tandem/api/core/v1/service'
import type { LoadBalancerIngress, Service } from '@tandem/api/core/v1/types'
import { equalJson, keyOf } from '@tandem/apimachinery'
import { type Controller, type ControllerContext, perRun } from '@tandem/controller-runtime'
import { chooseAddress } from '../load-balancers/allocate.ts'
import { eventRule } from '../permissions.ts'

const finalizer = 'service.kubernetes.io/load-balancer-cleanup'

/** Given out, and perhaps not yet to be seen in the cache. */
const givenTo = perRun(() => new Map<string, string>())

/**
 * Gives Services of type LoadBalancer an address of the pool in the setting `lb-pool`. Services with a class are another
 * implementation's, and without a pool all are.
 */
export const controller: Controller<Service> = {
  name: 'service-lb-controller',
  role: 'service-controller',
  eventSource: 'service-controller',
  for: services,
  permissions: [
    { apiGroups: [''], resources: ['services'], verbs: ['get', 'list', 'watch'] },
    { apiGroups: [''], resources: ['services/status'], verbs: ['patch', 'update'] },
    { apiGroups: [''], resources: ['nodes'], verbs: ['list', 'watch'] },
    eventRule,
  ],
  // One at a time: two Services must not be given the same address.
  concurrency: 1,
  async reconcile(key, context) {
    const service = context.informer(services).get(key)
    if (!service) givenTo(context).delete(keyOf(key))
    if (!service || service.spec?.loadBalancerClass) return undefined
    const wantsAddress = service.spec?.type === 'LoadBalancer' && !service.metadata.deletionTimestamp
    if (!wantsAddress) await withdraw(service, context)
    else if (context.settings['lb-pool']) await ensure(service, { pool: context.settings['lb-pool'], context })
    return undefined
  },
}

async function ensure(
  service: Service,
  { pool, context }: { pool: string; context: ControllerContext },
): Promise<void> {
  const { recorder } = context
  const ingress = currentIngress(service)
  const wanted = service.spec?.loadBalancerIP
  const hasFinalizer = service.metadata.finalizers?.includes(finalizer)
  const isSettled =
    hasFinalizer && ingress[0]?.ip && ingress[0].ipMode === 'VIP' && (!wanted || ingress[0].ip === wanted)
  if (isSettled) return
  recorder.record({
    object: service,
    type: 'Normal',
    reason: 'EnsuringLoadBalancer',
    message: 'Ensuring load balancer',
  })
  const keep = ingress[0]?.ip && (!wanted || wanted === ingress[0].ip) ? ingress[0].ip : undefined
  const choice = keep ? { address: keep } : chooseAddress(pool, { used: addressesInUse(service, context), wanted })
  if ('refusal' in choice) {
    const message = `Error syncing load balancer: failed to ensure load balancer: ${choice.refusal}`
    recorder.record({ object: service, type: 'Warning', reason: 'SyncLoadBalancerFailed', message })
    throw new Error(message)
  }
  givenTo(context).set(keyOf(service.metadata), choice.address)
  // The finalizer first, so that no address is given that nobody would take back.
  if (!hasFinalizer) await setFinalizers(service, [...(service.metadata.finalizers ?? []), finalizer], context)
  await setIngress(service, [{ ip: choice.address, ipMode: 'VIP' }], context)
  recorder.record({ object: service, type: 'Normal', reason: 'EnsuredLoadBalancer', message: 'Ensured load balancer' })
}

/** Of a Service that needs none any more. */
async function withdraw(service: Service, context: ControllerContext): Promise<void> {
  const { recorder } = context
  if (!service.metadata.finalizers?.includes(finalizer)) return
  recorder.record({
    object: service,
    type: 'Normal',
    reason: 'DeletingLoadBalancer',
    message: 'Deleting load balancer',
  })
  if (currentIngress(service).length > 0) await setIngress(service, [], context)
  await setFinalizers(
    service,
    service.metadata.finalizers.filter((other) => other !== finalizer),
    context,
  )
  givenTo(context).delete(keyOf(service.metadata))
  recorder.record({ object: service, type: 'Normal', reason: 'DeletedLoadBalancer', message: 'Deleted load balancer' })
}

const currentIngress = ({ status }: Service): LoadBalancerIngress[] => status?.loadBalancer?.ingress ?? []

function addressesInUse(service: Service, context: ControllerContext): Set<string> {
  const others = context
    .informer(services)
    .list()
    .filter(({ metadata }) => metadata.uid !== service.metadata.uid)
  const seen = others.flatMap(currentIngress).flatMap(({ ip }) => (ip ? [ip] : []))
  const given = [...givenTo(context)].filter(([key]) => key !== keyOf(service.metadata)).map(([, address]) => address)
  return new Set([...seen, ...given])
}

/** By way of status, which is all that upstream's role lets its controller write. */
async function setFinalizers(
  { metadata }: Service,
  finalizers: string[],
  { client }: ControllerContext,
): Promise<void> {
  const { namespace, name, resourceVersion } = metadata
  const body = { metadata: { resourceVersion, finalizers } }
  await client.patch(services, { namespace, name }, { type: 'merge', body }, { subresource: 'status' })
}

async function setIngress(
  service: Service,
  ingress: LoadBalancerIngress[],
  { client }: ControllerContext,
): Promise<void> {
  if (equalJson(currentIngress(service), ingress)) return
  const { namespace, name } = service.metadata
  const body = { status: { loadBalancer: ingress.length > 0 ? { ingress } : { ingress: null } } }
  await client.patch(services, { namespace, name }, { type: 'merge', body }, { subresource: 'status' })
}
