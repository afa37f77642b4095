import t from 'tap'
import { KeySpace } from '../../src/etcd/key-space.ts'

const keys = new KeySpace({ prefix: '/tandem/prod', inPlaceOf: '/registry' })

t.test('a key and its name', async (t) => {
  const key = keys.keyOf('/registry/core/pods/n/ü')
  t.equal(key.toString(), '/tandem/prod/core/pods/n/ü')
  t.equal(keys.nameOf(key), '/registry/core/pods/n/ü')
  t.equal(keys.nameOf(keys.mark), undefined, 'the mark is none of the callers')
  t.equal(keys.nameOf(Buffer.from('/tandem/prod2/core/pods/n/a')), undefined)
  t.throws(() => keys.keyOf('/elsewhere/a'))
})

t.test('ranges', async (t) => {
  const shown = ({ key, rangeEnd }: { key: Buffer; rangeEnd: Buffer }) => [key.toString(), rangeEnd.toString()]
  t.same(shown(keys.under('/registry/a/')), ['/tandem/prod/a/', '/tandem/prod/a0'])
  t.same(shown(keys.under('/registry/a/', '/registry/a/b')), ['/tandem/prod/a/b\0', '/tandem/prod/a0'])
  t.same(shown(keys.under('/registry/b/', '/registry/a/b')), ['/tandem/prod/b/', '/tandem/prod/b0'])
  t.same(shown(keys.all), ['/tandem/prod.progress', '/tandem/prod0'])
})

for (const prefix of ['', 'registry', '/', '/registry/', '//x'])
  t.test(`${JSON.stringify(prefix)} is no prefix`, async (t) => {
    t.throws(() => new KeySpace({ prefix }), /--etcd-prefix/)
  })
