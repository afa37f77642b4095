import type { Pod } from '@tandem/api/core/v1/types'
import t from 'tap'
import type { Attributes } from '../../src/authorization/authorizer.ts'
import { nodeAuthorizer } from '../../src/authorization/node/authorizer.ts'
import { NodeGraph } from '../../src/authorization/node/graph.ts'
import { nodeRules } from '../../src/bootstrap/role-table.ts'

const pod = (name: string, nodeName: string, spec: Partial<Pod['spec']> = {}): Pod => ({
  metadata: { name, namespace: 'a', uid: name, resourceVersion: '1', creationTimestamp: '' },
  spec: { containers: [{ name: 'c', image: 'i' }], nodeName, ...spec },
})

const graph = new NodeGraph()
graph.setPod(
  pod('p1', 'n1', {
    serviceAccountName: 'robot',
    imagePullSecrets: [{ name: 'pull' }],
    containers: [
      {
        name: 'c',
        image: 'i',
        env: [{ name: 'X', valueFrom: { secretKeyRef: { name: 'env-secret', key: 'k' } } }],
        envFrom: [{ configMapRef: { name: 'env-map' } }],
      },
    ],
    volumes: [
      { name: 'v', secret: { secretName: 'volume-secret' } },
      { name: 'w', projected: { sources: [{ configMap: { name: 'kube-root-ca.crt' } }] } },
      { name: 'x', persistentVolumeClaim: { claimName: 'data' } },
    ],
  }),
)
graph.setPod(pod('p2', 'n2'))
graph.setAttachment('attached-here', 'n1')
graph.setAttachment('attached-there', 'n2')
const authorizer = nodeAuthorizer({ graph, rules: nodeRules() })

const ask = (verb: string, what: string, rest: Partial<Attributes> = {}, username = 'system:node:n1'): Attributes => {
  const [whole = '', apiGroup = ''] = what.split('@')
  const [resource = '', subresource = ''] = whole.split('/')
  const groups = username.startsWith('system:node:') ? ['system:nodes'] : []
  return {
    user: { username, uid: '', groups, extra: {} },
    verb,
    isResourceRequest: true,
    namespace: 'a',
    apiGroup,
    apiVersion: 'v1',
    resource,
    subresource,
    name: '',
    path: '',
    ...rest,
  }
}

const noRelation = "no relationship found between node 'n1' and this object"
const rows: [description: string, attributes: Attributes, allowed: boolean, reason?: string][] = [
  ['a secret in the environment of its pod', ask('get', 'secrets', { name: 'env-secret' }), true],
  ['a secret in a volume', ask('watch', 'secrets', { name: 'volume-secret' }), true],
  ['an image pull secret', ask('list', 'secrets', { name: 'pull' }), true],
  [
    'an attachment to it',
    ask('get', 'volumeattachments@storage.k8s.io', { name: 'attached-here', namespace: '' }),
    true,
  ],
  [
    'an attachment to another node',
    ask('get', 'volumeattachments@storage.k8s.io', { name: 'attached-there', namespace: '' }),
    false,
    noRelation,
  ],
  ['a secret of nobody here', ask('get', 'secrets', { name: 'other' }), false, noRelation],
  ['the same name in another namespace', ask('get', 'secrets', { name: 'pull', namespace: 'b' }), false, noRelation],
  ['all secrets', ask('list', 'secrets'), false, 'No Object name found'],
  ['a change to a secret', ask('update', 'secrets', { name: 'pull' }), false, 'can only read resources of this type'],
  ['a config map', ask('get', 'configmaps', { name: 'env-map' }), true],
  ['a projected config map', ask('get', 'configmaps', { name: 'kube-root-ca.crt' }), true],
  ['a claim', ask('get', 'persistentvolumeclaims', { name: 'data' }), true],
  ['a token of its pod account', ask('create', 'serviceaccounts/token', { name: 'robot' }), true],
  ['a token of another account', ask('create', 'serviceaccounts/token', { name: 'other' }), false, noRelation],
  ['its own node', ask('get', 'nodes', { name: 'n1', namespace: '' }), true],
  [
    'another node',
    ask('get', 'nodes', { name: 'n2', namespace: '' }),
    false,
    "node 'n1' cannot read 'n2', only its own Node object",
  ],
  ['node status', ask('patch', 'nodes/status', { name: 'n1', namespace: '' }), true],
  ['pods of its own', ask('list', 'pods', { namespace: '', fieldSelector: 'spec.nodeName=n1' }), true],
  ['pods of another', ask('list', 'pods', { namespace: '', fieldSelector: 'spec.nodeName=n2' }), false],
  [
    'all pods, with its own name in the value of another term',
    ask('list', 'pods', { namespace: '', fieldSelector: 'metadata.name!=x\\,spec.nodeName=n1' }),
    false,
    'can only list/watch pods with spec.nodeName field selector',
  ],
  [
    'all pods',
    ask('watch', 'pods', { namespace: '' }),
    false,
    'can only list/watch pods with spec.nodeName field selector',
  ],
  ['one pod of its own', ask('get', 'pods', { name: 'p1' }), true],
  ['one pod of another', ask('get', 'pods', { name: 'p2' }), false, noRelation],
  ['pod status', ask('patch', 'pods/status', { name: 'p1' }), true],
  ['its lease', ask('update', 'leases@coordination.k8s.io', { name: 'n1', namespace: 'kube-node-lease' }), true],
  ['a lease elsewhere', ask('update', 'leases@coordination.k8s.io', { name: 'n1' }), false],
  ['services', ask('list', 'services', { namespace: '' }), true],
  ['deployments', ask('list', 'deployments@apps'), false],
  ['somebody who is no node', ask('get', 'secrets', { name: 'pull' }, 'ann'), false, ''],
]

t.test('decisions', async (t) => {
  for (const [description, attributes, allowed, reason] of rows) {
    const decision = authorizer.authorize(attributes)
    t.equal(decision.verdict, allowed ? 'allow' : 'no-opinion', description)
    if (reason !== undefined) t.equal(decision.reason, reason, `${description}: reason`)
  }
})

t.test('what a node may see goes with its pods', async (t) => {
  const own = new NodeGraph()
  const secret = { type: 'secret', namespace: 'a', name: 's' } as const
  const user = (name: string) => pod(name, 'n1', { imagePullSecrets: [{ name: 's' }] })
  own.setPod(user('one'))
  own.setPod(user('two'))
  own.removePod(user('one'))
  t.ok(own.has('n1', secret), 'another pod still refers to it')
  own.setPod({ ...user('two'), status: { phase: 'Succeeded' } })
  t.notOk(own.has('n1', secret), 'a pod that has ended needs nothing')
  t.ok(own.has('n1', { type: 'pod', namespace: 'a', name: 'two' }), 'but itself')
  const mirror = user('three')
  mirror.metadata.annotations = { 'kubernetes.io/config.mirror': 'x' }
  own.setPod(mirror)
  t.notOk(own.has('n1', secret), 'a mirror pod, which the node made itself, gives it nothing')
})

t.test('resource claims, also those that are made for a pod', async (t) => {
  const own = new NodeGraph()
  const resourceClaims = [
    { name: 'shared', resourceClaimName: 'gpu' },
    { name: 'own', resourceClaimTemplateName: 'gpus' },
  ]
  const user = pod('p', 'n1', { resourceClaims })
  const claim = (name: string) => ({ type: 'resourceclaim', namespace: 'a', name }) as const
  own.setPod(user)
  t.ok(own.has('n1', claim('gpu')))
  t.notOk(own.has('n1', claim('p-own-x')))
  own.setPod({ ...user, status: { resourceClaimStatuses: [{ name: 'own', resourceClaimName: 'p-own-x' }] } })
  t.ok(own.has('n1', claim('p-own-x')))
})

t.test('a volume and its secrets come with the claim', async (t) => {
  const own = new NodeGraph()
  const claim = { type: 'pvc', namespace: 'a', name: 'data' } as const
  const volume = { type: 'pv', namespace: '', name: 'pv1' } as const
  own.setPod(pod('p', 'n1', { volumes: [{ name: 'x', persistentVolumeClaim: { claimName: 'data' } }] }))
  own.setVolume(claim, [volume])
  t.ok(own.has('n1', volume))
  own.removePod(pod('p', 'n1'))
  t.notOk(own.has('n1', volume))
})
