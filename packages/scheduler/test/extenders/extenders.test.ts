import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import { createCertificateAuthority, issueCertificate } from '@tandem/component-base/tls/index'
import t from 'tap'
import { nodeOf, type PodFixture, podOf } from '../objects.ts'
import { runScheduler, until } from '../running.ts'
import { type Question, startService, type Verbs } from './service.ts'

const three = [{ name: 'a' }, { name: 'b' }, { name: 'c' }]
const namesIn = ({ Nodes, NodeNames }: Question): string[] =>
  NodeNames ?? Nodes?.items.map(({ metadata }) => metadata.name) ?? []
const wanting = (resource: string): PodFixture => ({
  name: 'p',
  containers: [
    { name: 'main', image: 'app', resources: { limits: { [resource]: '1' }, requests: { [resource]: '1' } } },
  ],
})
/** Lets the pod only onto these nodes. */
const only =
  (...names: string[]) =>
  (question: Question) => ({ NodeNames: namesIn(question).filter((name) => names.includes(name)) })

t.test('filters', async (t) => {
  const { urlPrefix, asked } = await startService(t, {
    filter: ({ Nodes }) => ({ Nodes: { items: Nodes?.items.filter(({ metadata }) => metadata.name === 'b') } }),
  })
  const { bound } = await runScheduler(t, {
    nodes: three,
    pods: [{ name: 'p' }],
    options: { extenders: [{ urlPrefix, filterVerb: 'filter' }] },
  })
  t.equal(await bound('p'), 'b')
  t.same(
    asked.map(({ verb, question }) => [verb, question.Pod?.metadata.name, namesIn(question).sort()]),
    [['filter', 'p', ['a', 'b', 'c']]],
  )
})

t.test('filters by names alone where it knows nodes itself, and scores', async (t) => {
  const { urlPrefix, asked } = await startService(t, {
    filter: only('b', 'c'),
    prioritize: () => [
      { host: 'b', score: 1 },
      { host: 'c', score: 10 },
    ],
  })
  const verbs = { filterVerb: 'filter', prioritizeVerb: 'prioritize', weight: 5, nodeCacheCapable: true }
  const { bound } = await runScheduler(t, {
    nodes: three,
    pods: [{ name: 'p' }],
    options: { extenders: [{ urlPrefix, ...verbs }] },
  })
  t.equal(await bound('p'), 'c')
  t.ok(asked.every(({ question }) => question.Nodes === null && question.NodeNames))
})

t.test('says why, and who it rejected is tried again after any event', async (t) => {
  let isOpen = false
  const { urlPrefix } = await startService(t, {
    filter: (question) =>
      isOpen
        ? { NodeNames: namesIn(question) }
        : {
            nodeNames: [],
            failedNodes: { a: 'too hot', b: 'too hot' },
            failedAndUnresolvableNodes: { c: 'no such card' },
          },
  })
  const { condition, bound, client } = await runScheduler(t, {
    nodes: three,
    pods: [{ name: 'p' }],
    options: { extenders: [{ urlPrefix, filterVerb: 'filter', nodeCacheCapable: true }] },
  })
  t.match(await condition('p'), {
    reason: 'Unschedulable',
    message:
      /^0\/3 nodes are available: 1 no such card, 2 too hot\. no new claims to deallocate, preemption: 0\/3 nodes are available: 1 Preemption is not helpful for scheduling, 2 No preemption victims found for incoming pod\./,
  })
  isOpen = true
  await client.create(nodes, nodeOf({ name: 'd' }))
  t.ok(await bound('p'))
})

t.test('is not asked about pods that it has nothing to do with', async (t) => {
  const { urlPrefix, asked } = await startService(t, { filter: only('b') })
  const managedResources = [{ name: 'example.com/card', ignoredByScheduler: true }]
  const { bound } = await runScheduler(t, {
    nodes: [{ name: 'a' }],
    pods: [{ name: 'other' }],
    options: { extenders: [{ urlPrefix, filterVerb: 'filter', managedResources, nodeCacheCapable: true }] },
  })
  t.equal(await bound('other'), 'a')
  t.same(asked, [])
})

t.test('answers alone for resources that the scheduler ignores', async (t) => {
  const { urlPrefix } = await startService(t, { filter: only('b') })
  const managedResources = [{ name: 'example.com/card', ignoredByScheduler: true }]
  const { bound } = await runScheduler(t, {
    nodes: three,
    pods: [wanting('example.com/card')],
    options: { extenders: [{ urlPrefix, filterVerb: 'filter', managedResources, nodeCacheCapable: true }] },
  })
  t.equal(await bound('p'), 'b', 'no node says that it has any')
})

const failures: [string, Verbs, RegExp][] = [
  ['says that it failed', { filter: () => ({ Error: 'out of coffee' }) }, /^out of coffee$/],
  ['answers with an error', {}, /^failed filter with extender at URL .*, code 404$/],
  [
    'names a node that nobody asked about',
    { filter: () => ({ NodeNames: ['z'] }) },
    /claims a filtered node "z" which is not found/,
  ],
]
for (const [name, verbs, message] of failures)
  t.test(`one that ${name} keeps the pod`, async (t) => {
    const { urlPrefix } = await startService(t, verbs)
    const { condition } = await runScheduler(t, {
      nodes: three,
      pods: [{ name: 'p' }],
      options: { extenders: [{ urlPrefix, filterVerb: 'filter', nodeCacheCapable: true }] },
    })
    t.match(await condition('p'), { reason: 'SchedulerError', message })
  })

t.test('one that does not answer in time keeps the pod; one that may be ignored does not', async (t) => {
  const { urlPrefix } = await startService(t, { filter: () => new Promise(() => {}) })
  const filter = { urlPrefix, filterVerb: 'filter', httpTimeout: '50ms' }
  const strict = await runScheduler(t, { nodes: three, pods: [{ name: 'p' }], options: { extenders: [filter] } })
  t.match(await strict.condition('p'), { reason: 'SchedulerError', message: /^Post .*: context deadline exceeded/ })
  const extenders = [{ ...filter, ignorable: true }]
  const lenient = await runScheduler(t, { nodes: three, pods: [{ name: 'p' }], options: { extenders } })
  t.ok(await lenient.bound('p'))
})

t.test('scores that are not given do not matter', async (t) => {
  const { urlPrefix } = await startService(t, {})
  const { bound } = await runScheduler(t, {
    nodes: three,
    pods: [{ name: 'p' }],
    options: { extenders: [{ urlPrefix, prioritizeVerb: 'prioritize', weight: 1 }] },
  })
  t.ok(await bound('p'))
})

t.test('answers over TLS, with certificates of both', async (t) => {
  const authority = await createCertificateAuthority({ commonName: 'extenders' })
  const server = await issueCertificate(authority, {
    commonName: 'server',
    dnsNames: ['cards'],
    usages: ['server auth'],
  })
  const client = await issueCertificate(authority, { commonName: 'scheduler', usages: ['client auth'] })
  const tls = { key: server.key, cert: server.certificate, ca: authority.certificate, requestCert: true }
  const { urlPrefix } = await startService(t, { filter: only('b') }, tls)
  const base64 = (text: string) => Buffer.from(text).toString('base64')
  const tlsConfig = {
    serverName: 'cards',
    caData: base64(authority.certificate),
    certData: base64(client.certificate),
    keyData: base64(client.key),
  }
  const filter = { urlPrefix, filterVerb: 'filter', nodeCacheCapable: true, enableHTTPS: true }
  const seed = { nodes: three, pods: [{ name: 'p' }] }
  const secure = await runScheduler(t, { ...seed, options: { extenders: [{ ...filter, tlsConfig }] } })
  t.equal(await secure.bound('p'), 'b')
  const elsewhere = { ...tlsConfig, serverName: 'elsewhere' }
  const wary = await runScheduler(t, { ...seed, options: { extenders: [{ ...filter, tlsConfig: elsewhere }] } })
  t.match(await wary.condition('p'), { reason: 'SchedulerError', message: /elsewhere/ })
})

t.test('binds', async (t) => {
  const { urlPrefix, asked } = await startService(t, { bind: () => ({}) })
  const { pod } = await runScheduler(t, {
    nodes: [{ name: 'a' }],
    pods: [{ name: 'p' }],
    options: { extenders: [{ urlPrefix, bindVerb: 'bind' }] },
  })
  const { question } = await until(async () => asked[0])
  const { uid } = (await pod('p')).metadata
  t.same(question, { PodName: 'p', PodNamespace: 'default', PodUID: uid, Node: 'a' })
  t.equal((await pod('p')).spec.nodeName, undefined, 'nobody else did')
})

t.test('a node that fills up while it thinks is not overfilled', async (t) => {
  const release = Promise.withResolvers<void>()
  const { urlPrefix, asked } = await startService(t, {
    async filter(question) {
      await release.promise
      return { NodeNames: namesIn(question) }
    },
  })
  const { client, bound } = await runScheduler(t, {
    nodes: [
      { name: 'a', cpu: '1' },
      { name: 'b', cpu: '1' },
    ],
    pods: [{ name: 'p', cpu: '1' }],
    options: { extenders: [{ urlPrefix, filterVerb: 'filter', nodeCacheCapable: true }] },
  })
  await until(async () => asked[0])
  await client.create(pods, podOf({ name: 'x', cpu: '1', nodeName: 'a' }))
  release.resolve()
  t.equal(await bound('p'), 'b')
})

t.test('a pod that goes while it thinks is let go', async (t) => {
  const release = Promise.withResolvers<void>()
  const { urlPrefix, asked } = await startService(t, {
    async filter(question) {
      if (question.Pod?.metadata.name === 'p') await release.promise
      return { NodeNames: namesIn(question) }
    },
  })
  const { client, bound } = await runScheduler(t, {
    nodes: [{ name: 'a', cpu: '1' }],
    pods: [{ name: 'p', cpu: '1' }],
    options: { extenders: [{ urlPrefix, filterVerb: 'filter', nodeCacheCapable: true }] },
  })
  await until(async () => asked[0])
  await client.delete(pods, { namespace: 'default', name: 'p' })
  await client.create(pods, podOf({ name: 'q', cpu: '1' }))
  release.resolve()
  t.equal(await bound('q'), 'a', 'its room is free')
})

t.test('agrees to preemption on one node', async (t) => {
  const { urlPrefix, asked } = await startService(t, {
    preempt: ({ NodeNameToMetaVictims = {} }) => ({ NodeNameToMetaVictims: { b: NodeNameToMetaVictims.b } }),
  })
  const victim = (name: string, nodeName: string) => ({ name, cpu: '1', nodeName, priority: 0 })
  const { bound, pod } = await runScheduler(t, {
    nodes: [
      { name: 'a', cpu: '1' },
      { name: 'b', cpu: '1' },
    ],
    pods: [victim('x', 'a'), victim('y', 'b'), { name: 'p', cpu: '1', priority: 1000 }],
    options: { extenders: [{ urlPrefix, preemptVerb: 'preempt', nodeCacheCapable: true }] },
  })
  t.equal(await bound('p'), 'b')
  t.same(Object.keys(asked[0]?.question.NodeNameToMetaVictims ?? {}).sort(), ['a', 'b'])
  t.equal((await pod('x')).spec.nodeName, 'a', 'the other stays')
})

t.test('agrees to no preemption', async (t) => {
  const { urlPrefix } = await startService(t, { preempt: () => ({ NodeNameToMetaVictims: {} }) })
  const { condition, pod } = await runScheduler(t, {
    nodes: [{ name: 'a', cpu: '1' }],
    pods: [
      { name: 'x', cpu: '1', nodeName: 'a', priority: 0 },
      { name: 'p', cpu: '1', priority: 1000 },
    ],
    options: { extenders: [{ urlPrefix, preemptVerb: 'preempt' }] },
  })
  t.match(await condition('p'), { message: /Insufficient cpu\. preemption: no candidate node for preemption$/ })
  t.equal((await pod('x')).spec.nodeName, 'a')
})
