import t from 'tap'
import { customServer, definitionsPath, eventually, widget, widgets, widgetsPath } from './widgets.ts'

const [v1] = widgets.spec.versions
const older = {
  ...v1,
  name: 'v1beta1',
  storage: false,
  deprecated: true,
  schema: {
    openAPIV3Schema: {
      type: 'object',
      properties: {
        spec: { type: 'object', properties: { size: { type: 'integer', default: 1 }, old: { type: 'string' } } },
      },
    },
  },
  selectableFields: [],
  additionalPrinterColumns: [],
}
const definition = { ...widgets, spec: { ...widgets.spec, versions: [v1, older] } }
const olderPath = widgetsPath.replace('/v1/', '/v1beta1/')
const inOlder = (name: string, spec: object) => ({ ...widget(name, spec), apiVersion: 'stable.example.com/v1beta1' })
const path = `${definitionsPath}/widgets.stable.example.com`

t.test('versions of a resource', async (t) => {
  const { ask, begin, define, stop } = await customServer()
  t.teardown(stop)
  await define(definition)

  const made = await ask('POST', olderPath, inOlder('a', { old: 'x' }))
  t.match(made.body, { apiVersion: 'stable.example.com/v1beta1', spec: { size: 1 } })
  t.notOk('old' in made.body.spec, 'what the version in which it is kept does not have is lost')
  t.match(
    made.headers.warning,
    /stable\.example\.com\/v1beta1 Widget is deprecated; use stable\.example\.com\/v1 Widget/,
  )
  const read = await ask('GET', `${widgetsPath}/a`)
  t.match(read.body, { apiVersion: 'stable.example.com/v1', spec: { size: 1, note: 'none' } })
  t.equal(read.headers.warning, undefined)

  // What one version forbids, another may allow.
  t.equal((await ask('POST', widgetsPath, widget('none', { size: 0 }))).code, 422)
  t.equal((await ask('POST', olderPath, inOlder('zero', { size: 0 }))).code, 201)

  const watching = await begin(`${olderPath}?watch=true&timeoutSeconds=1&resourceVersion=0`)
  const events = (await watching.rest).trim().split('\n')
  t.ok(events.every((line) => JSON.parse(line).object.apiVersion === 'stable.example.com/v1beta1'))

  t.match((await ask('GET', '/apis/stable.example.com')).body, {
    versions: [{ version: 'v1' }, { version: 'v1beta1' }],
    preferredVersion: { version: 'v1' },
  })
  t.equal((await ask('GET', '/apis/apiregistration.k8s.io/v1/apiservices/v1beta1.stable.example.com')).code, 200)
})

t.test('a definition changes while objects are there', async (t) => {
  const { ask, begin, define, stop } = await customServer()
  t.teardown(stop)
  await define(widgets)
  await ask('POST', widgetsPath, widget('a', { size: 2 }))
  const watching = await begin(`${widgetsPath}?watch=true`)

  const change = async (make: (body: typeof widgets) => object) => {
    const { body } = await ask('GET', path)
    const changed = await ask('PUT', path, make(body))
    if (changed.code !== 200) throw new Error(changed.text)
  }
  const withProperties = (properties: object) => ({
    ...v1,
    selectableFields: [],
    additionalPrinterColumns: [],
    schema: {
      openAPIV3Schema: {
        ...v1?.schema.openAPIV3Schema,
        properties: {
          ...v1?.schema.openAPIV3Schema.properties,
          spec: { type: 'object', properties },
        },
      },
    },
  })
  await change((body) => ({
    ...body,
    spec: {
      ...body.spec,
      versions: [withProperties({ size: { type: 'integer' }, shape: { type: 'string', default: 'round' } })],
    },
  }))
  const read = await eventually(
    () => ask('GET', `${widgetsPath}/a`),
    ({ body }) => body.spec?.shape === 'round',
  )
  t.same(read.body.spec, { size: 2, shape: 'round' }, 'it reads by the new schema')
  t.equal(read.body.metadata.generation, 1)
  t.ok(await watching.rest, 'watches of the old one end')

  // Kept in another version from now on; written unchanged, an object is kept in it.
  await change((body) => ({
    ...body,
    spec: {
      ...body.spec,
      versions: [
        { ...withProperties({ size: { type: 'integer' } }), storage: false },
        { ...withProperties({ size: { type: 'integer' } }), name: 'v2' },
      ],
    },
  }))
  const newer = widgetsPath.replace('/v1/', '/v2/')
  const { body: moved } = await eventually(
    () => ask('GET', `${newer}/a`),
    ({ code }) => code === 200,
  )
  t.match(moved, { apiVersion: 'stable.example.com/v2', spec: { size: 2 } })
  const written = await ask('PUT', `${newer}/a`, moved)
  t.not(written.body.metadata.resourceVersion, moved.metadata.resourceVersion)
  const again = await ask('PUT', `${newer}/a`, written.body)
  t.equal(again.body.metadata.resourceVersion, written.body.metadata.resourceVersion, 'once')
  t.same((await ask('GET', path)).body.status.storedVersions, ['v1', 'v2'])

  await change((body) => ({
    ...body,
    spec: {
      ...body.spec,
      versions: [
        { ...withProperties({}), served: false, storage: false },
        { ...withProperties({}), name: 'v2' },
      ],
    },
  }))
  await eventually(
    () => ask('GET', widgetsPath),
    ({ code }) => code === 404,
  )
  t.equal((await ask('GET', widgetsPath)).code, 404, 'a version that is not served is not there')
  t.equal((await ask('GET', `${newer}/a`)).code, 200)
})

t.test('names that others have', async (t) => {
  const { ask, define, stop } = await customServer()
  t.teardown(stop)
  await define(widgets)
  const second = {
    ...widgets,
    metadata: { name: 'gadgets.stable.example.com' },
    spec: { ...widgets.spec, names: { plural: 'gadgets', kind: 'Widget', shortNames: ['wd'] } },
  }
  await ask('POST', definitionsPath, second)
  const condition = async () => {
    const { body } = await ask('GET', `${definitionsPath}/gadgets.stable.example.com`)
    return body.status.conditions?.map(({ type, status, reason, message }: Record<string, string>) =>
      [type, status, reason, message].join(' '),
    )
  }
  t.same(await eventually(condition, (found) => found?.length === 2), [
    'NamesAccepted False ListKindConflict "WidgetList" is already in use',
    'Established False NotAccepted not all names are accepted',
  ])
  await ask('DELETE', path)
  t.same(
    await eventually(condition, (found) => found?.[1]?.includes('True')),
    [
      'NamesAccepted True NoConflicts no conflicts found',
      'Established True InitialNamesAccepted the initial names have been accepted',
    ],
    'they are given on when they are free',
  )
})
