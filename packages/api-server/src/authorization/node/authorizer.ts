import type { PolicyRule } from '@tandem/api/rbac/v1/types'
import { nodeNameOf } from '../../authentication/user.ts'
import { demanded } from '../../request/field-demand.ts'
import { type Attributes, type Authorizer, type Decision, noOpinion, type ResolvedRules } from '../authorizer.ts'
import { ruleAllows } from '../rbac/rule.ts'
import type { NodeGraph, VertexType } from './graph.ts'

const allow: Decision = { verdict: 'allow', reason: '' }
const refuse = (reason: string): Decision => ({ verdict: 'no-opinion', reason })
const leaseNamespace = 'kube-node-lease'
const read = ['get', 'list', 'watch']
const ownWrites = ['get', 'create', 'update', 'patch', 'delete']

/** Lets each kubelet do what its own node and the pods bound to it need, and no more. */
export function nodeAuthorizer({ graph, rules }: { graph: NodeGraph; rules: readonly PolicyRule[] }): Authorizer {
  return { name: 'Node', authorize, rulesFor }

  function authorize(attributes: Attributes): Decision {
    const node = nodeNameOf(attributes.user)
    if (node === undefined) return noOpinion
    if (node === '') return refuse(`unknown node for user ${JSON.stringify(attributes.user.username)}`)
    const specific = attributes.isResourceRequest
      ? byResource[`${attributes.apiGroup}/${attributes.resource}`]
      : undefined
    if (specific) return specific(node, attributes, graph)
    return rules.some((rule) => ruleAllows(rule, attributes)) ? allow : noOpinion
  }

  function rulesFor(user: Attributes['user']): ResolvedRules {
    const isNode = nodeNameOf(user) !== undefined
    return {
      resourceRules: [],
      nonResourceRules: [],
      incomplete: isNode,
      ...(isNode && { evaluationError: 'node authorizer does not support user rule resolution' }),
    }
  }
}

type Rule = (node: string, attributes: Attributes, graph: NodeGraph) => Decision

const related = (type: VertexType, node: string, { namespace, name }: Attributes, graph: NodeGraph): Decision => {
  if (name === '') return refuse('No Object name found')
  return graph.has(node, { type, namespace, name })
    ? allow
    : refuse(`no relationship found between node '${node}' and this object`)
}

const readNamespaced =
  (type: VertexType): Rule =>
  (node, attributes, graph) => {
    if (!read.includes(attributes.verb)) return refuse('can only read resources of this type')
    if (attributes.subresource !== '') return refuse('cannot read subresource')
    if (attributes.namespace === '') return refuse('can only read namespaced object of this type')
    return related(type, node, attributes, graph)
  }

const getOnly =
  (type: VertexType): Rule =>
  (node, attributes, graph) => {
    if (attributes.verb !== 'get') return refuse('can only get individual resources of this type')
    if (attributes.subresource !== '') return refuse('cannot get subresource')
    return related(type, node, attributes, graph)
  }

const claims: Rule = (node, attributes, graph) => {
  if (attributes.subresource !== 'status') return getOnly('pvc')(node, attributes, graph)
  if (!['update', 'patch'].includes(attributes.verb)) return refuse('can only get/update/patch this type')
  return related('pvc', node, attributes, graph)
}

const serviceAccounts: Rule = (node, attributes, graph) => {
  if (attributes.verb === 'get' && attributes.subresource === '')
    return readNamespaced('serviceaccount')(node, attributes, graph)
  if (attributes.verb !== 'create' || attributes.name === '')
    return refuse('can only create tokens for individual service accounts')
  if (attributes.subresource !== 'token') return refuse('can only create token subresource of serviceaccount')
  return related('serviceaccount', node, attributes, graph)
}

const leases: Rule = (node, { verb, namespace, name }) => {
  if (!ownWrites.includes(verb)) return refuse('can only get, create, update, patch, or delete a node lease')
  if (namespace !== leaseNamespace) return refuse(`can only access leases in the "${leaseNamespace}" system namespace`)
  if (verb !== 'create' && name !== node)
    return refuse('can only access node lease with the same name as the requesting node')
  return allow
}

const csiNodes: Rule = (node, { verb, subresource, name }) => {
  if (!ownWrites.includes(verb)) return refuse('can only get, create, update, patch, or delete a CSINode')
  if (subresource !== '') return refuse('cannot authorize CSINode subresources')
  if (verb !== 'create' && name !== node)
    return refuse('can only access CSINode with the same name as the requesting node')
  return allow
}

const nodes: Rule = (node, { verb, subresource, name }) => {
  if (subresource === 'status') return ['update', 'patch'].includes(verb) ? allow : noOpinion
  if (subresource !== '') return noOpinion
  if (['create', 'update', 'patch'].includes(verb)) return allow
  if (!read.includes(verb)) return noOpinion
  if (name === node) return allow
  return refuse(
    name === ''
      ? `node '${node}' cannot read all nodes, only its own Node object`
      : `node '${node}' cannot read '${name}', only its own Node object`,
  )
}

const pods: Rule = (node, attributes, graph) => {
  const { verb, subresource, name, fieldSelector } = attributes
  if (subresource === 'status') return ['update', 'patch'].includes(verb) ? allow : noOpinion
  if (subresource === 'eviction') return verb === 'create' ? allow : noOpinion
  if (subresource !== '') return noOpinion
  if (verb === 'get') return getOnly('pod')(node, attributes, graph)
  if (verb === 'create' || verb === 'delete') return allow
  if (verb !== 'list' && verb !== 'watch') return noOpinion
  if (selectsNode(fieldSelector, node)) return allow
  if (name !== '') return related('pod', node, attributes, graph)
  return refuse('can only list/watch pods with spec.nodeName field selector')
}

const selectsNode = (fieldSelector: string | undefined, node: string): boolean =>
  fieldSelector !== undefined && demanded(fieldSelector, 'spec.nodeName') === node

const byResource: Readonly<Record<string, Rule>> = {
  '/secrets': readNamespaced('secret'),
  '/configmaps': readNamespaced('configmap'),
  '/persistentvolumeclaims': claims,
  '/persistentvolumes': getOnly('pv'),
  'resource.k8s.io/resourceclaims': getOnly('resourceclaim'),
  'storage.k8s.io/volumeattachments': getOnly('volumeattachment'),
  '/serviceaccounts': serviceAccounts,
  'coordination.k8s.io/leases': leases,
  'storage.k8s.io/csinodes': csiNodes,
  '/nodes': nodes,
  '/pods': pods,
}
