import t from 'tap'
import { bookmarkBytes, decodeStored, encodeStored, listBytes, objectBytes, watchEventBytes } from '../src/index.ts'

const object = {
  spec: { note: '"metadata":{' },
  metadata: { name: 'x', uid: 'u', creationTimestamp: 't', resourceVersion: '9', selfLink: '/x' },
  apiVersion: 'v1',
  kind: 'Pod',
}
const stored = { bytes: encodeStored(object), revision: 123 }
const body =
  '{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"123","name":"x","uid":"u","creationTimestamp":"t"},"spec":{"note":"\\"metadata\\":{"}}'

t.test('stored bytes carry no version', async (t) => {
  t.equal(
    stored.bytes.toString(),
    '{"kind":"Pod","apiVersion":"v1","metadata":{"name":"x","uid":"u","creationTimestamp":"t"},"spec":{"note":"\\"metadata\\":{"}}',
  )
  t.equal(decodeStored(stored).metadata.resourceVersion, '123')
})

t.test('an object, an event and a list are spliced', async (t) => {
  t.equal(objectBytes(stored).toString(), body)
  t.equal(watchEventBytes('ADDED', stored).toString(), `{"type":"ADDED","object":${body}}\n`)
  const list = { kind: 'PodList', apiVersion: 'v1', metadata: { resourceVersion: '200' } }
  const head = '{"kind":"PodList","apiVersion":"v1","metadata":{"resourceVersion":"200"},"items":['
  t.equal(listBytes({ ...list, items: [], typed: false }).toString(), `${head}]}`)
  t.equal(listBytes({ ...list, items: [stored, stored], typed: true }).toString(), `${head}${body},${body}]}`)
  const bare = body.replace('"kind":"Pod","apiVersion":"v1",', '')
  t.equal(listBytes({ ...list, items: [stored, stored], typed: false }).toString(), `${head}${bare},${bare}]}`)
  t.match(
    listBytes({
      ...list,
      metadata: { resourceVersion: '1', continue: 'c', remainingItemCount: 2 },
      items: [],
      typed: false,
    }).toString(),
    '"metadata":{"resourceVersion":"1","continue":"c","remainingItemCount":2}',
  )
})

t.test('empty metadata and text beyond ASCII', async (t) => {
  const empty = { bytes: Buffer.from('{"kind":"ä","apiVersion":"v1","metadata":{}}'), revision: 1 }
  t.equal(objectBytes(empty).toString(), '{"kind":"ä","apiVersion":"v1","metadata":{"resourceVersion":"1"}}')
  const list = listBytes({ kind: 'ä', apiVersion: 'v1', metadata: {}, items: [empty], typed: false })
  t.equal(
    list.toString(),
    '{"kind":"ä","apiVersion":"v1","metadata":{},"items":[{"metadata":{"resourceVersion":"1"}}]}',
  )
})

t.test('bookmarks', async (t) => {
  t.equal(
    bookmarkBytes({ kind: 'Pod', apiVersion: 'v1', resourceVersion: '5' }).toString(),
    '{"type":"BOOKMARK","object":{"kind":"Pod","apiVersion":"v1","metadata":{"resourceVersion":"5","creationTimestamp":null}}}\n',
  )
  t.match(
    bookmarkBytes({ kind: 'Pod', apiVersion: 'v1', resourceVersion: '5', initialEventsEnd: true }).toString(),
    '"annotations":{"k8s.io/initial-events-end":"true"}',
  )
})
