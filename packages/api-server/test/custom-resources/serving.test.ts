import t from 'tap'
import { customServer, definitionsPath, eventually, widget, widgets, widgetsPath } from './widgets.ts'

t.test('objects of a definition', async (t) => {
  const { server, ask, define, stop } = await customServer()
  t.teardown(stop)
  t.equal((await ask('GET', widgetsPath)).code, 404, 'nobody knows them before')
  await define(widgets)

  const { body: defined } = await ask('GET', `${definitionsPath}/widgets.stable.example.com`)
  t.match(defined.status, {
    acceptedNames: { plural: 'widgets', singular: 'widget', kind: 'Widget', listKind: 'WidgetList' },
    storedVersions: ['v1'],
    conditions: [
      { type: 'NamesAccepted', status: 'True', reason: 'NoConflicts' },
      { type: 'Established', status: 'True', reason: 'InitialNamesAccepted' },
    ],
  })

  const made = await ask('POST', widgetsPath, widget('a', { color: 'red', extra: 1 }, { status: { size: 9 } }))
  t.equal(made.code, 201)
  t.match(made.body, { metadata: { generation: 1 }, spec: { size: 3, note: 'none', color: 'red' } })
  t.notOk('extra' in made.body.spec, 'what the schema does not know is left out')
  t.notOk('status' in made.body, 'status is written apart')
  t.match(made.headers.warning, /unknown field \\"spec.extra\\"/)

  const updated = await ask('PUT', `${widgetsPath}/a`, { ...made.body, spec: { ...made.body.spec, size: 4 } })
  t.match(updated.body, { metadata: { generation: 2 }, spec: { size: 4 } })
  const status = await ask('PUT', `${widgetsPath}/a/status`, {
    ...updated.body,
    metadata: { ...updated.body.metadata, labels: { no: 'label' } },
    spec: { size: 100 },
    status: { size: 2, selector: 'a=b' },
  })
  t.match(status.body, { metadata: { generation: 2 }, spec: { size: 4 }, status: { size: 2 } })
  t.notOk(status.body.metadata.labels, 'status alone is written')

  const scale = await ask('GET', `${widgetsPath}/a/scale`)
  t.match(scale.body, { kind: 'Scale', spec: { replicas: 4 }, status: { replicas: 2, selector: 'a=b' } })
  const scaled = await ask('PATCH', `${widgetsPath}/a/scale`, { spec: { replicas: 7 } }, merge)
  t.match(scaled.body, { spec: { replicas: 7 } })

  t.match((await ask('PATCH', `${widgetsPath}/a`, { spec: { color: 'green' } }, merge)).body.spec, {
    color: 'green',
    size: 7,
  })
  const strategic = await ask('PATCH', `${widgetsPath}/a`, {}, { type: 'application/strategic-merge-patch+json' })
  t.equal(strategic.code, 415)
  t.match(strategic.body.message, /application\/apply-patch\+yaml/)
  t.equal((await ask('GET', widgetsPath, undefined, { accept: 'application/vnd.kubernetes.protobuf' })).code, 406)

  await ask('POST', widgetsPath, widget('b', { color: 'red' }))
  const chosen = await ask('GET', `${widgetsPath}?fieldSelector=spec.color%3Dred`)
  t.same(
    chosen.body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name),
    ['b'],
  )
  t.equal(chosen.body.kind, 'WidgetList')
  const table = await ask('GET', widgetsPath, undefined, { accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' })
  t.same(
    table.body.columnDefinitions.map(({ name }: { name: string }) => name),
    ['Name', 'Size', 'Color', 'Age'],
  )
  t.same(table.body.rows[0].cells.slice(0, 3), ['a', 7, 'green'])

  await server.restart()
  t.match((await ask('GET', `${widgetsPath}/a`)).body.spec, { size: 7 }, 'they are served after a restart')

  await ask('DELETE', `${definitionsPath}/widgets.stable.example.com`)
  await eventually(
    () => ask('GET', `${definitionsPath}/widgets.stable.example.com`),
    ({ code }) => code === 404,
  )
  t.equal((await ask('GET', widgetsPath)).code, 404)
  await define(widgets)
  t.same((await ask('GET', widgetsPath)).body.items, [], 'its objects went with it')
})

const merge = { type: 'application/merge-patch+json' }
