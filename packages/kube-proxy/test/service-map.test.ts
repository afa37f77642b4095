import t from 'tap'
import { ServiceMap } from '../src/service-map.ts'
import { serviceOf, sliceOf } from '../src/testing/objects.ts'

const setUp = () => {
  const map = new ServiceMap({ name: 'node-1' })
  map.setService(serviceOf({ name: 'a', clusterIP: '10.96.0.1' }))
  map.setService(serviceOf({ name: 'b', clusterIP: '10.96.0.2' }))
  map.setSlice(sliceOf('a', { port: 8080, endpoints: ['10.244.0.2', '10.244.0.1'] }))
  return map
}
const shown = (map: ServiceMap) =>
  map.state().map(({ port, endpoints }) => `${port.name} ${endpoints.map(({ address }) => address).join()}`)

t.test('puts Services and slices together, in whatever order they come', async (t) => {
  t.same(shown(setUp()), ['default/a:main 10.244.0.1,10.244.0.2', 'default/b:main '])
  const early = new ServiceMap({ name: 'node-1' })
  early.setSlice(sliceOf('a', { port: 8080, endpoints: ['10.244.0.1'] }))
  early.setService(serviceOf({ name: 'a', clusterIP: '10.96.0.1' }))
  t.same(shown(early), ['default/a:main 10.244.0.1'])
})

t.test('hands out the same entry for what did not change', async (t) => {
  const map = setUp()
  const [a, b] = map.state()
  map.setSlice(sliceOf('b', { port: 8080, endpoints: ['10.244.0.9'] }))
  t.equal(map.pending, 1)
  const [sameA, otherB] = map.state()
  t.equal(sameA, a)
  t.not(otherB, b)
  t.equal(map.pending, 0)
})

t.test('takes endpoints of several slices together, each address once', async (t) => {
  const map = setUp()
  const second = sliceOf('a', { port: 8080, endpoints: ['10.244.0.2', '10.244.0.3'] })
  map.setSlice({ ...second, metadata: { ...second.metadata, name: 'a-2' } })
  t.same(shown(map)[0], 'default/a:main 10.244.0.1,10.244.0.2,10.244.0.3')
  map.deleteSlice({ ...second, metadata: { ...second.metadata, name: 'a-2' } })
  t.same(shown(map)[0], 'default/a:main 10.244.0.1,10.244.0.2')
})

t.test('forgets what is deleted', async (t) => {
  const map = setUp()
  map.deleteService(serviceOf({ name: 'a', clusterIP: '10.96.0.1' }))
  t.same(shown(map), ['default/b:main '])
})
