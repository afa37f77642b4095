import { isDeepStrictEqual } from 'node:util'
import type { TokenRequest } from '@tandem/api/authentication/v1/types'
import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import type { Node, Pod } from '@tandem/api/core/v1/types'
import type { ResourceSlice } from '@tandem/api/resource/v1/types'
import type { KubernetesObject } from '@tandem/apimachinery'
import { notFound } from '@tandem/apimachinery'
import { nodeNameOf } from '../authentication/user.ts'
import { podReferences } from '../authorization/node/pod-references.ts'
import { type AdmissionPlugin, type AdmissionRequest, objectOf, oldObjectOf } from './admission.ts'
import { admissionForbidden } from './forbidden.ts'
import { isNodeOwnLabel } from './node-labels.ts'
import { lookUp, type PluginContext } from './plugin-context.ts'

const mirrorAnnotation = 'kubernetes.io/config.mirror'
const leaseNamespace = 'kube-node-lease'
const quoted = (text: string): string => JSON.stringify(text)

type Check = (node: string, request: AdmissionRequest, context: PluginContext) => void | Promise<void>

/** Keeps each kubelet to its own node, the pods bound to it and their tokens, in what the Node authorizer cannot see: the objects. */
export const nodeRestriction = (context: PluginContext): AdmissionPlugin => ({
  name: 'NodeRestriction',
  resources: Object.keys(checks),
  operations: ['CREATE', 'UPDATE', 'DELETE'],
  admit(request) {
    const node = nodeNameOf(request.user)
    if (node === undefined) return
    if (node === '')
      throw admissionForbidden(request, `could not determine node from user ${quoted(request.user.username)}`)
    return checks[`${request.definition.group}/${request.definition.plural}`]?.(node, request, context)
  },
})

const podCheck: Check = (node, request, context) => {
  const { subresource, operation } = request
  if (subresource === 'status') return podStatus(node, request)
  if (subresource === 'eviction') return podEviction(node, request, context)
  if (subresource !== '')
    throw admissionForbidden(
      request,
      `unexpected pod subresource ${quoted(subresource)}, only 'status' and 'eviction' are allowed`,
    )
  if (operation === 'CREATE') return mirrorPod(node, request, context)
  if (operation === 'DELETE') {
    if (oldObjectOf<Pod>(request).spec.nodeName !== node)
      throw admissionForbidden(request, `node ${quoted(node)} can only delete pods with spec.nodeName set to itself`)
    return
  }
  throw admissionForbidden(
    request,
    `unexpected operation ${quoted(operation)}, node ${quoted(node)} can only create and delete mirror pods`,
  )
}

async function mirrorPod(node: string, request: AdmissionRequest, context: PluginContext): Promise<void> {
  const pod = objectOf<Pod>(request)
  const refuse = (why: string) => admissionForbidden(request, why)
  if (pod.metadata.annotations?.[mirrorAnnotation] === undefined)
    throw refuse(
      `pod does not have ${quoted(mirrorAnnotation)} annotation, node ${quoted(node)} can only create mirror pods`,
    )
  if (pod.spec.nodeName !== node)
    throw refuse(`node ${quoted(node)} can only create pods with spec.nodeName set to itself`)
  const [owner, ...others] = pod.metadata.ownerReferences ?? []
  if (others.length > 0)
    throw refuse(`node ${quoted(node)} can only create pods with a single owner reference set to itself`)
  if (owner?.apiVersion !== 'v1' || owner.kind !== 'Node' || owner.name !== node)
    throw refuse(`node ${quoted(node)} can only create pods with an owner reference set to itself`)
  if (!owner.controller)
    throw refuse(`node ${quoted(node)} can only create pods with a controller owner reference set to itself`)
  if (owner.blockOwnerDeletion)
    throw refuse(`node ${quoted(node)} must not set blockOwnerDeletion on an owner reference`)
  const uid = (await lookUp(context, nodes, { name: node }))?.metadata.uid
  if (uid !== owner.uid) throw refuse(`node ${node} UID mismatch: expected ${owner.uid} got ${uid ?? ''}`)
  const [reference] = podReferences(pod)
  if (reference) throw refuse(`node ${quoted(node)} can not create pods that reference ${reference.type}s`)
}

function podStatus(node: string, request: AdmissionRequest): void {
  if (request.operation !== 'UPDATE')
    throw admissionForbidden(request, `unexpected operation ${quoted(request.operation)}`)
  const old = oldObjectOf<Pod>(request)
  if (old.spec.nodeName !== node)
    throw admissionForbidden(
      request,
      `node ${quoted(node)} can only update pod status for pods with spec.nodeName set to itself`,
    )
  if (!isDeepStrictEqual(old.metadata.labels ?? {}, objectOf<Pod>(request).metadata.labels ?? {}))
    throw admissionForbidden(request, `node ${quoted(node)} cannot update labels through pod status`)
}

async function podEviction(node: string, request: AdmissionRequest, context: PluginContext): Promise<void> {
  const pod = await lookUp(context, pods, { namespace: request.namespace, name: request.name })
  if (!pod) throw notFound({ group: '', resource: 'pods' }, request.name)
  if (pod.spec.nodeName !== node)
    throw admissionForbidden(request, `node ${node} can only evict pods with spec.nodeName set to itself`)
}

const nodeCheck: Check = (node, request) => {
  const requested = request.name || request.object?.metadata.name || ''
  if (requested !== node)
    throw admissionForbidden(request, `node ${quoted(node)} is not allowed to modify node ${quoted(requested)}`)
  if (request.operation === 'CREATE') {
    const forbiddenLabels = Object.keys(objectOf<Node>(request).metadata.labels ?? {}).filter(
      (key) => !isNodeOwnLabel(key),
    )
    if (forbiddenLabels.length > 0)
      throw admissionForbidden(
        request,
        `node ${quoted(node)} is not allowed to set the following labels: ${forbiddenLabels.sort().join(', ')}`,
      )
  }
  if (request.operation !== 'UPDATE') return
  const [now, old] = [objectOf<Node>(request), oldObjectOf<Node>(request)]
  if (request.subresource === '' && !isDeepStrictEqual(now.spec?.taints ?? [], old.spec?.taints ?? []))
    throw admissionForbidden(request, `node ${quoted(node)} is not allowed to modify taints`)
  if (!isDeepStrictEqual(now.metadata.ownerReferences ?? [], old.metadata.ownerReferences ?? []))
    throw admissionForbidden(request, `node ${quoted(node)} is not allowed to modify ownerReferences`)
  const modified = changedLabels(now, old).filter((key) => !isNodeOwnLabel(key))
  if (modified.length > 0)
    throw admissionForbidden(request, `is not allowed to modify labels: ${modified.sort().join(', ')}`)
}

function changedLabels(now: KubernetesObject, old: KubernetesObject): string[] {
  const [a, b] = [now.metadata.labels ?? {}, old.metadata.labels ?? {}]
  return [...new Set([...Object.keys(a), ...Object.keys(b)])].filter((key) => a[key] !== b[key])
}

const serviceAccountCheck: Check = async (node, request, context) => {
  if (request.operation !== 'CREATE' || request.subresource !== 'token') return
  const reference = objectOf<TokenRequest & KubernetesObject>(request).spec.boundObjectRef
  const refuse = (why: string) => admissionForbidden(request, why)
  if (reference?.apiVersion !== 'v1' || reference.kind !== 'Pod' || !reference.name)
    throw refuse('node requested token not bound to a pod')
  if (!reference.uid) throw refuse('node requested token with a pod binding without a uid')
  const pod = await lookUp(context, pods, { namespace: request.namespace, name: reference.name })
  if (!pod) throw notFound({ group: '', resource: 'pods' }, reference.name)
  if (pod.metadata.uid !== reference.uid)
    throw refuse(
      `the UID in the bound object reference (${reference.uid}) does not match the UID in record. The object might have been deleted and then recreated`,
    )
  if (pod.spec.nodeName !== node) throw refuse('node requested token bound to a pod scheduled on a different node')
}

const leaseCheck: Check = (node, request) => {
  if (request.operation !== 'CREATE') return
  if (request.namespace !== leaseNamespace)
    throw admissionForbidden(request, `can only access leases in the ${quoted(leaseNamespace)} system namespace`)
  if (request.object?.metadata.name !== node)
    throw admissionForbidden(request, 'can only access node lease with the same name as the requesting node')
}

const csiNodeCheck: Check = (node, request) => {
  if ((request.name || request.object?.metadata.name) !== node)
    throw admissionForbidden(request, 'can only access CSINode with the same name as the requesting node')
}

/** Other requests are the authorizer's; of a new object, or of each of a collection, it does not know what is in it. */
const resourceSliceCheck: Check = (node, request) => {
  const create = request.operation === 'CREATE'
  if (!create && request.operation !== 'DELETE') return
  const slice = create ? objectOf<ResourceSlice>(request) : oldObjectOf<ResourceSlice>(request)
  if (slice.spec.nodeName !== node)
    throw admissionForbidden(
      request,
      `can only ${create ? 'create' : 'delete'} ResourceSlice with the same NodeName as the requesting node`,
    )
}

const checks: Readonly<Record<string, Check>> = {
  '/pods': podCheck,
  '/nodes': nodeCheck,
  '/serviceaccounts': serviceAccountCheck,
  'coordination.k8s.io/leases': leaseCheck,
  'storage.k8s.io/csinodes': csiNodeCheck,
  'resource.k8s.io/resourceslices': resourceSliceCheck,
}
