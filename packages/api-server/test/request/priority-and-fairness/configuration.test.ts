import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { startTestServer } from '../../../src/testing/server.ts'
import { requestsOf } from '../../request-client.ts'

const group = '/apis/flowcontrol.apiserver.k8s.io/v1'

t.test('levels and schemas of a running server', async (t) => {
  const server = await startTestServer()
  const admin = await requestsOf(server)
  const ann = await requestsOf(server, { name: 'ann' })
  t.teardown(async () => {
    await Promise.all([admin.close(), ann.close()])
    await server.stop()
  })
  const until = async (what: string, holds: () => Promise<boolean>) => {
    for (let tries = 0; tries < 200; tries++) {
      if (await holds()) return t.pass(what)
      await sleep(50)
    }
    return t.fail(what)
  }
  const schemaOfAnn = async () => (await ann.ask('GET', '/api/v1/pods')).headers['x-kubernetes-pf-flowschema-uid']
  const dangling = async () => {
    const { body } = await admin.ask('GET', `${group}/flowschemas/ann`)
    return body.status.conditions?.find(({ type }: { type: string }) => type === 'Dangling')
  }

  await t.test('what every cluster has', async (t) => {
    const { body } = await admin.ask('GET', `${group}/flowschemas`)
    const names = body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)
    for (const name of ['exempt', 'catch-all', 'probes', 'system-nodes', 'global-default']) t.ok(names.includes(name))
    const { metadata } = (await admin.ask('GET', `${group}/flowschemas/global-default`)).body
    t.equal(await schemaOfAnn(), metadata.uid)
    t.match(metadata, { annotations: { 'apf.kubernetes.io/autoupdate-spec': 'true' }, generation: 1 })
  })

  await t.test('a schema without its level is told to dangle, and matches nothing', async (t) => {
    const { code } = await admin.ask('POST', `${group}/flowschemas`, {
      metadata: { name: 'ann' },
      spec: {
        priorityLevelConfiguration: { name: 'hers' },
        matchingPrecedence: 500,
        rules: [
          {
            subjects: [{ kind: 'User', user: { name: 'ann' } }],
            resourceRules: [
              { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'], clusterScope: true },
            ],
          },
        ],
      },
    })
    t.equal(code, 201)
    await until('it dangles', async () => (await dangling())?.status === 'True')
    t.match(await dangling(), {
      reason: 'NotFound',
      message:
        'This FlowSchema references the PriorityLevelConfiguration object named "hers" but there is no such object',
    })
  })

  await t.test('its level comes', async (t) => {
    const { code } = await admin.ask('POST', `${group}/prioritylevelconfigurations`, {
      metadata: { name: 'hers' },
      spec: { type: 'Limited', limited: { nominalConcurrencyShares: 1, limitResponse: { type: 'Reject' } } },
    })
    t.equal(code, 201)
    await until('it does not dangle', async () => (await dangling())?.status === 'False')
    const { metadata } = (await admin.ask('GET', `${group}/flowschemas/ann`)).body
    t.equal(await schemaOfAnn(), metadata.uid)
    t.equal(metadata.generation, 1, 'a status is no new generation')
    const metrics = (await admin.ask('GET', '/metrics')).text
    t.match(metrics, /apiserver_flowcontrol_nominal_limit_seats{priority_level="hers"} 3\n/)
    t.match(metrics, /apiserver_flowcontrol_dispatched_requests_total{priority_level="hers",flow_schema="ann"} [1-9]/)
    t.match((await admin.ask('GET', '/debug/api_priority_and_fairness/dump_priority_levels')).text, /\nhers, /)
  })

  await t.test('the mandatory ones cannot be changed, suggested ones stay as they were made', async (t) => {
    const refused = await admin.ask(
      'PATCH',
      `${group}/flowschemas/catch-all`,
      { spec: { matchingPrecedence: 9000 } },
      { type: 'application/merge-patch+json' },
    )
    t.equal(refused.code, 422)
    const merge = { type: 'application/merge-patch+json' }
    const mine = {
      metadata: { annotations: { 'apf.kubernetes.io/autoupdate-spec': 'false' } },
      spec: { matchingPrecedence: 9800 },
    }
    await admin.ask('PATCH', `${group}/flowschemas/global-default`, mine, merge)
    await admin.ask('PATCH', `${group}/flowschemas/service-accounts`, { spec: { matchingPrecedence: 8000 } }, merge)
    await admin.ask('DELETE', `${group}/flowschemas/probes`)
    await server.restart()
    const precedence = async (name: string) =>
      (await admin.ask('GET', `${group}/flowschemas/${name}`)).body.spec.matchingPrecedence
    t.equal(await precedence('global-default'), 9800)
    t.equal(await precedence('service-accounts'), 9000)
    t.equal(await precedence('probes'), 2)
  })
})
