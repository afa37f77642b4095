import assert from 'node:assert/strict'
import { deployments } from '@tandem/api/apps/v1/deployment'
import { replicaSets } from '@tandem/api/apps/v1/replicaset'
import type { Deployment } from '@tandem/api/apps/v1/types'
import { events } from '@tandem/api/core/v1/event'
import { pods } from '@tandem/api/core/v1/pod'
import { replicationControllers } from '@tandem/api/core/v1/replicationcontroller'
import t from 'tap'
import { hashOfTemplate, replicaSetName } from '../../src/deployments/template-hash.ts'
import { startTestCluster } from './cluster.ts'

const cluster = await startTestCluster()
t.teardown(() => cluster.stop())
const { client, eventually, runPods } = cluster
const namespace = 'default'

const template = (app: string, image = 'one') => ({
  metadata: { labels: { app } } as never,
  spec: { containers: [{ name: 'c', image }] },
})
const create = (name: string, spec: Partial<Deployment['spec']> = {}) =>
  client.create(deployments, {
    metadata: { name, namespace },
    spec: { replicas: 3, selector: { matchLabels: { app: name } }, template: template(name), ...spec },
  })
const podsOf = async (app: string) => (await client.list(pods, { namespace, labelSelector: `app=${app}` })).items
const sizesOf = async (app: string) => {
  const { items } = await client.list(replicaSets, { namespace, labelSelector: `app=${app}` })
  return Object.fromEntries(
    items.map(({ spec, metadata }) => [
      `${spec.template?.spec?.containers[0]?.image} r${metadata.annotations?.['deployment.kubernetes.io/revision']}`,
      spec.replicas,
    ]),
  )
}
const condition = ({ status }: Deployment, type: string) => status?.conditions?.find((each) => each.type === type)

/** Lets kubelets do their part until the rollout is over. */
const rolledOut = (name: string) =>
  eventually(async () => {
    await runPods()
    const deployment = await client.get(deployments, { namespace, name })
    const { status = {}, spec, metadata } = deployment
    const done =
      status.observedGeneration === metadata.generation &&
      status.updatedReplicas === spec.replicas &&
      status.availableReplicas === spec.replicas &&
      status.replicas === spec.replicas
    if (!done) throw new Error(`not rolled out: ${JSON.stringify(status)}`)
    return deployment
  })
const setImage = (name: string, image: string) =>
  client.patch(
    deployments,
    { namespace, name },
    { type: 'strategic', body: { spec: { template: template(name, image) } } },
  )

t.test('a deployment makes a replica set, that makes pods', async (t) => {
  await create('web')
  const deployment = await rolledOut('web')
  t.equal(deployment.metadata.annotations?.['deployment.kubernetes.io/revision'], '1')
  t.equal(deployment.metadata.generation, 1)
  t.match(condition(deployment, 'Available'), { status: 'True', reason: 'MinimumReplicasAvailable' })
  t.match(condition(deployment, 'Progressing'), { status: 'True', reason: 'NewReplicaSetAvailable' })
  const [pod] = await podsOf('web')
  t.match(pod?.metadata.ownerReferences, [{ kind: 'ReplicaSet', controller: true, blockOwnerDeletion: true }])
  t.equal(
    pod?.metadata.labels?.['pod-template-hash'],
    (await client.list(replicaSets, { namespace })).items[0]?.metadata.labels?.['pod-template-hash'],
  )
})

t.test('a rolling update keeps to its bounds, and undoing it takes the old replica set again', async (t) => {
  await setImage('web', 'two')
  const seen = { most: 0, fewestReady: 3 }
  await eventually(async () => {
    const all = await podsOf('web')
    seen.most = Math.max(seen.most, all.filter(({ metadata }) => !metadata.deletionTimestamp).length)
    const ready = all.filter(
      ({ status, metadata }) => status?.phase === 'Running' && !metadata.deletionTimestamp,
    ).length
    seen.fewestReady = Math.min(seen.fewestReady, ready)
    await runPods()
    assert.deepEqual(await sizesOf('web'), { 'one r1': 0, 'two r2': 3 })
  }).catch(() => undefined)
  await rolledOut('web')
  t.same(await sizesOf('web'), { 'one r1': 0, 'two r2': 3 })
  t.ok(seen.most <= 4, `at most one more: ${seen.most}`)
  t.ok(seen.fewestReady >= 3, `none less: ${seen.fewestReady}`)
  await setImage('web', 'one')
  const deployment = await rolledOut('web')
  t.same(await sizesOf('web'), { 'one r3': 3, 'two r2': 0 })
  t.equal(deployment.metadata.annotations?.['deployment.kubernetes.io/revision'], '3')
  const { items } = await client.list(replicaSets, { namespace, labelSelector: 'app=web' })
  t.equal(
    items.find(({ spec }) => spec.replicas === 3)?.metadata.annotations?.['deployment.kubernetes.io/revision-history'],
    '1',
  )
})

t.test('scaling needs no new replica set', async (t) => {
  await create('scaled')
  await rolledOut('scaled')
  for (const replicas of [5, 1]) {
    await client.patch(deployments, { namespace, name: 'scaled' }, { type: 'merge', body: { spec: { replicas } } })
    await rolledOut('scaled')
  }
  t.same(await sizesOf('scaled'), { 'one r1': 1 })
  const messages = await eventually(async () => {
    const { items } = await client.list(events, { namespace, fieldSelector: 'involvedObject.name=scaled' })
    const found = items.map(({ reason, message = '' }) => `${reason}: ${message.replace(/scaled-\w+/, 'RS')}`)
    assert.equal(found.length, 3)
    return found.sort()
  })
  t.same(messages, [
    'ScalingReplicaSet: Scaled down replica set RS from 5 to 1',
    'ScalingReplicaSet: Scaled up replica set RS from 0 to 3',
    'ScalingReplicaSet: Scaled up replica set RS from 3 to 5',
  ])
})

t.test('a paused deployment scales but does not roll out', async (t) => {
  await create('paused', { replicas: 2 })
  await rolledOut('paused')
  await client.patch(deployments, { namespace, name: 'paused' }, { type: 'merge', body: { spec: { paused: true } } })
  await setImage('paused', 'two')
  await client.patch(deployments, { namespace, name: 'paused' }, { type: 'merge', body: { spec: { replicas: 3 } } })
  await eventually(async () => {
    await runPods()
    const deployment = await client.get(deployments, { namespace, name: 'paused' })
    assert.partialDeepStrictEqual(
      [deployment.status?.observedGeneration, deployment.status?.availableReplicas],
      [deployment.metadata.generation, 3],
    )
    assert.partialDeepStrictEqual(condition(deployment, 'Progressing'), {
      status: 'Unknown',
      reason: 'DeploymentPaused',
    })
  })
  t.same(await sizesOf('paused'), { 'one r1': 3 })
  await client.patch(deployments, { namespace, name: 'paused' }, { type: 'merge', body: { spec: { paused: false } } })
  await rolledOut('paused')
  t.same(await sizesOf('paused'), { 'one r1': 0, 'two r2': 3 })
})

t.test('Recreate lets the last old pod end before the first new one starts', async (t) => {
  await create('recreate', { strategy: { type: 'Recreate' } })
  await rolledOut('recreate')
  await setImage('recreate', 'two')
  let mixed = false
  await eventually(async () => {
    const images = new Set((await podsOf('recreate')).map(({ spec }) => spec.containers[0]?.image))
    mixed ||= images.size > 1
    await runPods()
    if (!images.has('two')) throw new Error('not yet')
  })
  await rolledOut('recreate')
  t.notOk(mixed)
})

t.test('a replica set of another with the very name it needs makes a deployment take another name', async (t) => {
  const { spec } = await create('collided', { replicas: 1, paused: true })
  const taken = replicaSetName('collided', hashOfTemplate(spec.template, undefined))
  await client.create(replicaSets, {
    metadata: { name: taken, namespace },
    spec: { replicas: 0, selector: { matchLabels: { app: 'stranger' } }, template: template('stranger') },
  })
  const unpause = { type: 'merge', body: { spec: { paused: false } } } as const
  await client.patch(deployments, { namespace, name: 'collided' }, unpause)
  const { status } = await rolledOut('collided')
  t.equal(status?.collisionCount, 1)
  const own = await client.list(replicaSets, { namespace, labelSelector: 'app=collided' })
  t.same(
    own.items.map(({ metadata }) => metadata.name),
    [replicaSetName('collided', hashOfTemplate(spec.template, 1))],
  )
})

t.test('old replica sets beyond the history limit are deleted', async (t) => {
  await create('history', { replicas: 1, revisionHistoryLimit: 1 })
  for (const image of ['two', 'three', 'four']) {
    await rolledOut('history')
    await setImage('history', image)
  }
  await rolledOut('history')
  await eventually(async () => {
    const sizes = await sizesOf('history')
    if (Object.keys(sizes).length > 2) throw new Error(JSON.stringify(sizes))
  })
  t.same(await sizesOf('history'), { 'three r3': 0, 'four r4': 1 })
})

t.test('a deployment that does not get ready in time says so', async (t) => {
  await create('stuck', { replicas: 1, progressDeadlineSeconds: 1 })
  const deployment = await eventually(async () => {
    const current = await client.get(deployments, { namespace, name: 'stuck' })
    if (condition(current, 'Progressing')?.reason !== 'ProgressDeadlineExceeded') throw new Error('not yet')
    return current
  })
  t.match(condition(deployment, 'Progressing'), {
    status: 'False',
    message: /^ReplicaSet "stuck-\w+" has timed out progressing\.$/,
  })
  t.match(condition(deployment, 'Available'), { status: 'False', reason: 'MinimumReplicasUnavailable' })
})

t.test(
  'a pod that is deleted is replaced; one that is relabelled is let go and replaced; an orphan that matches is adopted',
  async (t) => {
    await client.create(replicaSets, {
      metadata: { name: 'rs', namespace },
      spec: { replicas: 2, selector: { matchLabels: { app: 'rs' } }, template: template('rs') },
    })
    const settled = (count: number) =>
      eventually(async () => {
        await runPods()
        const all = await podsOf('rs')
        const { status } = await client.get(replicaSets, { namespace, name: 'rs' })
        if (all.length !== count || status?.readyReplicas !== count) throw new Error(`${all.length} pods`)
        return all
      })
    const [first, second] = await settled(2)
    await client.delete(pods, { namespace, name: first?.metadata.name ?? '' })
    t.notOk((await settled(2)).some(({ metadata }) => metadata.uid === first?.metadata.uid))

    const name = second?.metadata.name ?? ''
    await client.patch(pods, { namespace, name }, { type: 'merge', body: { metadata: { labels: { app: 'other' } } } })
    await settled(2)
    await eventually(async () =>
      assert.deepEqual((await client.get(pods, { namespace, name })).metadata.ownerReferences ?? [], []),
    )
    await client.patch(replicaSets, { namespace, name: 'rs' }, { type: 'merge', body: { spec: { replicas: 3 } } })
    await settled(3)
    await client.patch(replicaSets, { namespace, name: 'rs' }, { type: 'merge', body: { spec: { replicas: 2 } } })
    await settled(2)
    await client.create(pods, {
      metadata: { name: 'orphan', namespace, labels: { app: 'rs' } },
      spec: template('rs').spec,
    })
    await settled(2)
    t.match((await client.get(replicaSets, { namespace, name: 'rs' })).status, {
      replicas: 2,
      fullyLabeledReplicas: 2,
      terminatingReplicas: 0,
    })
  },
)

t.test('pods that cannot be made are told of in the status and in an event', async (t) => {
  await client.create(replicaSets, {
    metadata: { name: 'refused', namespace },
    spec: {
      replicas: 1,
      selector: { matchLabels: { app: 'refused' } },
      template: { ...template('refused'), spec: { ...template('refused').spec, serviceAccountName: 'nobody' } },
    },
  })
  const status = await eventually(async () => {
    const { status } = await client.get(replicaSets, { namespace, name: 'refused' })
    if (!status?.conditions) throw new Error('no condition yet')
    return status
  })
  t.match(status.conditions, [
    { type: 'ReplicaFailure', status: 'True', reason: 'FailedCreate', message: /serviceaccount "nobody" not found/ },
  ])
  const event = await eventually(async () => {
    const found = (await client.list(events, { namespace })).items.find(({ reason }) => reason === 'FailedCreate')
    if (!found) throw new Error('no event yet')
    return found
  })
  t.match(event, { type: 'Warning', message: /^Error creating: /, source: { component: 'replicaset-controller' } })
})

t.test('a replication controller does the same with its own selector', async (t) => {
  await client.create(replicationControllers, {
    metadata: { name: 'rc', namespace },
    spec: { replicas: 2, selector: { app: 'rc' }, template: template('rc') },
  })
  const status = await eventually(async () => {
    await runPods()
    const { status } = await client.get(replicationControllers, { namespace, name: 'rc' })
    if (status?.availableReplicas !== 2) throw new Error(JSON.stringify(status))
    return status
  })
  t.same(status, {
    replicas: 2,
    fullyLabeledReplicas: 2,
    readyReplicas: 2,
    availableReplicas: 2,
    observedGeneration: 1,
  })
})
