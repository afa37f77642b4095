import fc from 'fast-check'
import t from 'tap'
import { SchedulerCache } from '../../src/cache/scheduler-cache.ts'
import { podInfoOf } from '../../src/framework/pod-info.ts'
import { nodeOf, podOf } from '../objects.ts'

t.test('counts kept current are the counts one would find by looking', async () => {
  const operation = fc.record({
    pod: fc.integer({ min: 0, max: 9 }),
    app: fc.constantFrom('a', 'b'),
    node: fc.constantFrom('n1', 'n2'),
    remove: fc.boolean(),
  })
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 40 }), (operations) => {
      const cache = new SchedulerCache()
      cache.setNode(nodeOf({ name: 'n1' }))
      cache.setNode(nodeOf({ name: 'n2' }))
      const query = {
        key: 'a',
        namespaces: new Set(['default']),
        matches: ({ metadata }: { metadata: { labels?: Record<string, string> } }) => metadata.labels?.app === 'a',
      }
      const model = new Map<number, { app: string; node: string }>()
      for (const { pod, app, node, remove } of operations) {
        if (remove) {
          cache.removePod(`uid-${pod}`)
          model.delete(pod)
        } else {
          const object = podOf({ name: `p${pod}`, labels: { app }, cpu: '1' })
          cache.setPod(podInfoOf({ ...object, metadata: { ...object.metadata, uid: `uid-${pod}` } }), node)
          model.set(pod, { app, node })
        }
        const expected = (name: string) =>
          [...model.values()].filter((placed) => placed.app === 'a' && placed.node === name).length
        const counts = cache.countPods(query)
        for (const name of ['n1', 'n2']) {
          if ((counts.get(name) ?? 0) !== expected(name)) return false
          const pods = [...model.values()].filter((placed) => placed.node === name).length
          if (cache.node(name)?.requested.milliCPU !== pods * 1000) return false
        }
      }
      return true
    }),
  )
})
