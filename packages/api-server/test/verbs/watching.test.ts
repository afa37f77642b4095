import t from 'tap'
import { askingServer, checkRows, configMap, maps, named } from './asking.ts'

const { ask } = await askingServer(t)
const first = (await ask('POST', maps, named({ name: 'a', labels: { tier: 'front' } }))).body.metadata.resourceVersion
await ask('POST', maps, configMap('b'))
await ask('DELETE', `${maps}/b`)

interface Told {
  type: string
  object: { kind: string; metadata: { name?: string; resourceVersion: string; annotations?: Record<string, string> } }
}

/** What a watch of one second tells. */
async function told(path: string): Promise<Told[]> {
  const { text } = await ask('GET', path.includes('?') ? `${path}&timeoutSeconds=1` : `${path}?timeoutSeconds=1`)
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
}
const short = (events: Told[]) => events.map(({ type, object }) => `${type} ${object.metadata.name ?? object.kind}`)

t.test('what a watch begins with', async (t) => {
  const rows: [what: string, path: string, expected: string[]][] = [
    ['no version: all there is', `${maps}?watch=1`, ['ADDED a']],
    ['0: all there is', `${maps}?watch=1&resourceVersion=0`, ['ADDED a']],
    ['a version: what was after it', `${maps}?watch=true&resourceVersion=${first}`, ['ADDED b', 'DELETED b']],
    [
      'no version and bookmarks: one ends what there is',
      `${maps}?watch=1&allowWatchBookmarks=true`,
      ['ADDED a', 'BOOKMARK ConfigMap'],
    ],
    [
      'initial events, asked for',
      `${maps}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan`,
      ['ADDED a', 'BOOKMARK ConfigMap'],
    ],
    [
      'initial events without bookmarks',
      `${maps}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan`,
      ['ADDED a'],
    ],
    [
      'initial events since a version',
      `${maps}?watch=1&sendInitialEvents=true&allowWatchBookmarks=true&resourceVersionMatch=NotOlderThan&resourceVersion=${first}`,
      ['ADDED a', 'BOOKMARK ConfigMap'],
    ],
    ['no initial events', `${maps}?watch=1&sendInitialEvents=false&resourceVersionMatch=NotOlderThan`, []],
    ['by labels', `${maps}?watch=1&labelSelector=tier%3Dback`, []],
    ['by name', `${maps}?watch=1&fieldSelector=metadata.name%3Da`, ['ADDED a']],
    ['in all namespaces', '/api/v1/configmaps?watch=1&labelSelector=tier', ['ADDED a']],
    ['the old path', '/api/v1/watch/namespaces/default/configmaps', ['ADDED a']],
    ['the old path of one object', '/api/v1/watch/namespaces/default/configmaps/a', ['ADDED a']],
    ['the old path of what is not there', '/api/v1/watch/namespaces/default/configmaps/none', []],
    ['the old path of all namespaces', '/api/v1/watch/configmaps?labelSelector=tier', ['ADDED a']],
  ]
  const answers = await Promise.all(
    rows.map(async ([what, path, expected]) => ({ what, expected, events: await told(path) })),
  )
  for (const { what, expected, events } of answers) t.same(short(events), expected, what)
  const ends = answers.flatMap(({ events }) => events).filter(({ type }) => type === 'BOOKMARK')
  for (const { object } of ends) t.same(object.metadata.annotations, { 'k8s.io/initial-events-end': 'true' })
  t.equal(ends.length, 3)
})

t.test('what no watch may ask', async (t) => {
  const invalid = (rest: string) => ({ reason: 'Invalid', message: `ListOptions.meta.k8s.io "" is invalid: ${rest}` })
  const required =
    'resourceVersionMatch: Forbidden: sendInitialEvents requires setting resourceVersionMatch to NotOlderThan'
  await checkRows(t, ask, [
    {
      what: 'initial events without a match',
      ask: ['GET', `${maps}?watch=1&sendInitialEvents=true`],
      code: 422,
      body: invalid(required),
    },
    {
      what: 'initial events of exactly a version',
      ask: ['GET', `${maps}?watch=1&sendInitialEvents=true&resourceVersionMatch=Exact`],
      code: 422,
      body: invalid(
        `[${required}, resourceVersionMatch: Unsupported value: "Exact": supported values: "NotOlderThan"]`,
      ),
    },
    {
      what: 'a match without initial events',
      ask: ['GET', `${maps}?watch=1&resourceVersionMatch=NotOlderThan`],
      code: 422,
      body: invalid(
        'resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided',
      ),
    },
    {
      what: 'to go on with a list',
      ask: ['GET', `${maps}?watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&continue=x`],
      code: 422,
      body: invalid('resourceVersionMatch: Forbidden: resourceVersionMatch is forbidden when continue is provided'),
    },
    {
      what: 'no version',
      ask: ['GET', `${maps}?watch=1&resourceVersion=x`],
      code: 400,
      body: { message: 'resourceVersion: Invalid value: "x": strconv.ParseUint: parsing "x": invalid syntax' },
    },
    { what: 'a bad selector', ask: ['GET', `${maps}?watch=1&labelSelector=a%3D%3D%3D`], code: 400 },
    { what: 'an unknown field', ask: ['GET', `${maps}?watch=1&fieldSelector=data.a%3D1`], code: 400 },
    {
      what: 'a time that is no number',
      ask: ['GET', `${maps}?watch=1&timeoutSeconds=soon`],
      code: 400,
      body: { message: 'strconv.ParseInt: parsing "soon": invalid syntax' },
    },
    {
      what: 'one object and another',
      ask: ['GET', '/api/v1/watch/namespaces/default/configmaps/a?fieldSelector=metadata.name%3Db'],
      code: 400,
      body: { message: "fieldSelector metadata.name doesn't match requested name" },
    },
    {
      what: 'to watch one object by its own path: it is read',
      ask: ['GET', `${maps}/a?watch=1`],
      code: 200,
      body: { kind: 'ConfigMap' },
    },
    {
      what: 'a kind that is never stored',
      ask: ['GET', '/apis/authorization.k8s.io/v1/subjectaccessreviews?watch=1'],
      code: 405,
    },
  ])
})
