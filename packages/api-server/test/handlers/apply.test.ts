import t from 'tap'
import { startTestServer } from '../../src/testing/server.ts'
import { type Answer, requestsOf } from '../request-client.ts'

const server = await startTestServer()
const admin = await requestsOf(server)
t.teardown(async () => {
  await admin.close()
  await server.stop()
})

type Json = Record<string, unknown>
const maps = '/api/v1/namespaces/default/configmaps'
const deployments = '/apis/apps/v1/namespaces/default/deployments'

/** One write and the code it is answered with. */
interface Step {
  by: string
  how: 'apply' | 'force' | 'update' | 'merge'
  what: Json
  on?: 'status' | 'scale'
  code?: number
  /** Of the answer. */
  message?: string | RegExp
}

interface Row {
  of: string
  name: string
  steps: Step[]
  /** What is there in the end, and who owns what: managers' fields as `f:` paths, joined by dots. */
  object?: Json
  owners?: Record<string, string[]>
}

const labels = { app: 'web' }
const container = (name: string, rest: Json = {}) => ({ name, image: 'x', ...rest })
const deployment = (spec: Json = {}, containers: Json[] = [container('a')]): Json => ({
  spec: { selector: { matchLabels: labels }, template: { metadata: { labels }, spec: { containers } }, ...spec },
})

const rows: Row[] = [
  {
    name: 'two appliers own keys of their own',
    of: maps,
    steps: [
      { by: 'one', how: 'apply', what: { data: { a: '1' } }, code: 201 },
      { by: 'two', how: 'apply', what: { data: { b: '2' } } },
    ],
    object: { data: { a: '1', b: '2' } },
    owners: { 'one Apply': ['f:data.f:a'], 'two Apply': ['f:data.f:b'] },
  },
  {
    name: 'another value conflicts, and force takes the field over',
    of: maps,
    steps: [
      { by: 'one', how: 'apply', what: { data: { a: '1', b: '1' } }, code: 201 },
      {
        by: 'two',
        how: 'apply',
        what: { data: { a: '2' } },
        code: 409,
        message: 'Apply failed with 1 conflict: conflict with "one": .data.a',
      },
      { by: 'two', how: 'force', what: { data: { a: '2' } } },
    ],
    object: { data: { a: '2', b: '1' } },
    owners: { 'one Apply': ['f:data.f:b'], 'two Apply': ['f:data.f:a'] },
  },
  {
    name: 'the same value is shared, and stays while one of two still has it',
    of: maps,
    steps: [
      { by: 'one', how: 'apply', what: { data: { a: '1' } }, code: 201 },
      { by: 'two', how: 'apply', what: { data: { a: '1' } } },
      { by: 'one', how: 'apply', what: { data: { c: '3' } } },
    ],
    object: { data: { a: '1', c: '3' } },
    owners: { 'one Apply': ['f:data.f:c'], 'two Apply': ['f:data.f:a'] },
  },
  {
    name: 'what its only owner no longer applies goes',
    of: maps,
    steps: [
      { by: 'one', how: 'apply', what: { data: { a: '1', b: '1' } }, code: 201 },
      { by: 'one', how: 'apply', what: { data: { b: '1' } } },
    ],
    object: { data: { b: '1' } },
    owners: { 'one Apply': ['f:data.f:b'] },
  },
  {
    name: 'an update takes a field over, and applying the old value conflicts with it',
    of: maps,
    steps: [
      { by: 'one', how: 'apply', what: { data: { a: '1' } }, code: 201 },
      { by: 'two', how: 'merge', what: { data: { a: '2' } } },
      {
        by: 'one',
        how: 'apply',
        what: { data: { a: '1' } },
        code: 409,
        message: 'Apply failed with 1 conflict: conflict with "two" using v1: .data.a',
      },
    ],
    object: { data: { a: '2' } },
    owners: { 'two Update': ['f:data.f:a'] },
  },
  {
    name: 'an update that removes a field takes it from all',
    of: maps,
    steps: [
      { by: 'one', how: 'apply', what: { data: { a: '1', b: '1' } }, code: 201 },
      { by: 'two', how: 'merge', what: { data: { a: null } } },
    ],
    object: { data: { b: '1' } },
    owners: { 'one Apply': ['f:data.f:b'] },
  },
  {
    name: 'an update that changes nothing owns nothing',
    of: maps,
    steps: [
      { by: 'one', how: 'apply', what: { data: { a: '1' } }, code: 201 },
      { by: 'two', how: 'merge', what: { data: { a: '1' } } },
    ],
    owners: { 'one Apply': ['f:data.f:a'] },
  },
  {
    name: 'elements of a list with keys merge, each with its owner',
    of: deployments,
    steps: [
      { by: 'one', how: 'apply', what: deployment(), code: 201 },
      {
        by: 'two',
        how: 'apply',
        what: { spec: { template: { spec: { containers: [container('b')] } } } },
      },
      { by: 'one', how: 'apply', what: deployment({}, [container('a', { args: ['x'] })]) },
    ],
    object: { spec: { template: { spec: { containers: [{ name: 'a', args: ['x'] }, { name: 'b' }] } } } },
  },
  {
    name: 'a port is found by its number and its protocol, which is TCP where none is given',
    of: deployments,
    steps: [
      {
        by: 'one',
        how: 'apply',
        what: deployment({}, [container('a', { ports: [{ containerPort: 80, name: 'http' }] })]),
        code: 201,
      },
      {
        by: 'two',
        how: 'apply',
        what: {
          spec: {
            template: {
              spec: {
                containers: [
                  {
                    name: 'a',
                    ports: [
                      { containerPort: 80, protocol: 'UDP', name: 'quic' },
                      { containerPort: 80, protocol: 'TCP', hostPort: 81 },
                    ],
                  },
                ],
              },
            },
          },
        },
      },
    ],
    object: {
      spec: {
        template: {
          spec: {
            containers: [
              {
                ports: [
                  { name: 'quic', containerPort: 80, protocol: 'UDP' },
                  { name: 'http', hostPort: 81, containerPort: 80, protocol: 'TCP' },
                ],
              },
            ],
          },
        },
      },
    },
  },
  {
    name: 'an atomic list belongs to one, as a whole',
    of: deployments,
    steps: [
      { by: 'one', how: 'apply', what: deployment({}, [container('a', { args: ['x'] })]), code: 201 },
      {
        by: 'two',
        how: 'apply',
        what: deployment({}, [container('a', { args: ['x', 'y'] })]),
        code: 409,
        message: 'Apply failed with 1 conflict: conflict with "one": .spec.template.spec.containers[name="a"].args',
      },
    ],
  },
  {
    name: 'an atomic map belongs to one, as a whole',
    of: deployments,
    steps: [
      { by: 'one', how: 'apply', what: deployment(), code: 201 },
      { by: 'two', how: 'merge', what: { spec: { template: { spec: { nodeSelector: { a: '1' } } } } } },
      {
        by: 'one',
        how: 'apply',
        what: {
          spec: {
            selector: { matchLabels: labels },
            template: { metadata: { labels }, spec: { nodeSelector: { b: '1' }, containers: [container('a')] } },
          },
        },
        code: 409,
        message: 'Apply failed with 1 conflict: conflict with "two" using apps/v1: .spec.template.spec.nodeSelector',
      },
    ],
  },
  {
    name: 'finalizers are a set',
    of: maps,
    steps: [
      { by: 'one', how: 'apply', what: { metadata: { finalizers: ['example.com/a'] } }, code: 201 },
      { by: 'two', how: 'apply', what: { metadata: { finalizers: ['example.com/b'] } } },
      { by: 'one', how: 'apply', what: { metadata: {} } },
    ],
    object: { metadata: { finalizers: ['example.com/b'] } },
    owners: { 'two Apply': ['f:metadata.f:finalizers.v:"example.com/b"'] },
  },
  {
    name: 'what is applied to status is another entry, and leaves the rest alone',
    of: deployments,
    steps: [
      { by: 'one', how: 'apply', what: deployment({ replicas: 2 }), code: 201 },
      {
        by: 'one',
        how: 'apply',
        on: 'status',
        what: { spec: { replicas: 7 }, status: { replicas: 3, unavailableReplicas: 3 } },
      },
      { by: 'one', how: 'apply', what: { ...deployment({ replicas: 2 }), status: { replicas: 9 } } },
    ],
    object: { spec: { replicas: 2 }, status: { replicas: 3 } },
    owners: { 'one Apply status': ['f:status.f:replicas', 'f:status.f:unavailableReplicas'] },
  },
  {
    name: 'a scale takes replicas from its applier, who may leave them out from then on',
    of: deployments,
    steps: [
      { by: 'one', how: 'apply', what: deployment({ replicas: 1 }), code: 201 },
      { by: 'scaler', how: 'merge', on: 'scale', what: { spec: { replicas: 5 } } },
      {
        by: 'one',
        how: 'apply',
        what: deployment({ replicas: 1 }),
        code: 409,
        message:
          'Apply failed with 1 conflict: conflict with "scaler" with subresource "scale" using apps/v1: .spec.replicas',
      },
      { by: 'one', how: 'apply', what: deployment() },
    ],
    object: { spec: { replicas: 5 } },
    owners: { 'scaler Update scale': ['f:spec.f:replicas'] },
  },
  {
    name: 'managedFields that are emptied begin anew with what was there before the first apply',
    of: maps,
    steps: [
      { by: 'one', how: 'apply', what: { data: { a: '1' } }, code: 201 },
      { by: 'two', how: 'merge', what: { metadata: { managedFields: [{}] } } },
      { by: 'one', how: 'apply', what: { data: { a: '1', b: '2' } } },
    ],
    object: { data: { a: '1', b: '2' } },
    owners: { 'before-first-apply Update': ['f:data.f:a'], 'one Apply': ['f:data.f:a', 'f:data.f:b'] },
  },
  {
    name: 'an empty list of managedFields changes nothing',
    of: maps,
    steps: [
      { by: 'one', how: 'apply', what: { data: { a: '1' } }, code: 201 },
      { by: 'two', how: 'merge', what: { metadata: { managedFields: [] } } },
    ],
    owners: { 'one Apply': ['f:data.f:a'] },
  },
  {
    name: 'a configuration has no managedFields',
    of: maps,
    steps: [
      {
        by: 'one',
        how: 'apply',
        what: { metadata: { managedFields: [{ manager: 'x' }] } },
        code: 400,
        message: 'metadata.managedFields must be nil',
      },
    ],
  },
  {
    name: 'a version that is not the present one conflicts',
    of: maps,
    steps: [
      { by: 'one', how: 'apply', what: { data: { a: '1' } }, code: 201 },
      {
        by: 'one',
        how: 'apply',
        what: { metadata: { resourceVersion: '1' }, data: { a: '2' } },
        code: 409,
        message: /the object has been modified/,
      },
    ],
    object: { data: { a: '1' } },
  },
  {
    name: 'a subresource of nothing is not created',
    of: deployments,
    steps: [{ by: 'one', how: 'apply', on: 'status', what: { status: {} }, code: 404 }],
  },
]

const types = {
  apply: 'application/apply-patch+yaml',
  force: 'application/apply-patch+yaml',
  merge: 'application/merge-patch+json',
  update: 'application/json',
}

const take = ({ by, how, what, on }: Step, path: string): Promise<Answer> =>
  admin.ask(
    how === 'update' ? 'PUT' : 'PATCH',
    `${path}${on ? `/${on}` : ''}?fieldManager=${by}${how === 'force' ? '&force=true' : ''}`,
    what,
    { type: types[how] },
  )

/** The leaves of a field set. */
function leavesOf(set: Json, path: string[] = []): string[] {
  const below = Object.entries(set).filter(([element]) => element !== '.')
  if (below.length === 0) return [path.join('.')]
  return below.flatMap(([element, child]) => leavesOf(child as Json, [...path, element]))
}

for (const [index, { name, of, steps, object, owners }] of rows.entries())
  t.test(name, async (t) => {
    const path = `${of}/row-${index}`
    for (const step of steps) {
      const { code, body, text } = await take(step, path)
      t.equal(code, step.code ?? 200, `${step.by} ${step.how}: ${text.slice(0, 300)}`)
      if (step.message) t.match(body.message, step.message)
    }
    const { body } = await admin.ask('GET', path)
    if (object) t.match(body, object)
    if (!owners) return
    const entries = body.metadata.managedFields as {
      manager: string
      operation: string
      subresource?: string
      fieldsV1: Json
    }[]
    const found = Object.fromEntries(
      entries.map(({ manager, operation, subresource, fieldsV1 }) => [
        [manager, operation, ...(subresource ? [subresource] : [])].join(' '),
        leavesOf(fieldsV1).sort(),
      ]),
    )
    if (of === maps) t.same(found, owners)
    else for (const [entry, fields] of Object.entries(owners)) t.same(found[entry], fields, entry)
  })

t.test('applying the same again writes nothing, and times stay', async (t) => {
  const what = { data: { a: '1' } }
  const apply = () => take({ by: 'one', how: 'apply', what }, `${maps}/same`)
  const first = await apply()
  const again = await apply()
  t.same(again.body, first.body)
})
