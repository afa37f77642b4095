import { test } from 'tap'
import { joinedEvents } from '../../src/handlers/joined-events.ts'

const [a, b, c] = ['a\n', 'b\n', 'c\n'].map((text) => Buffer.from(text)) as [Buffer, Buffer, Buffer]

const rows: readonly (readonly [name: string, events: Buffer[], text: string])[] = [
  ['nothing', [], ''],
  ['one event', [a], 'a\n'],
  ['several, in their order', [a, b, c], 'a\nb\nc\n'],
  ['fewer that begin alike', [a, b], 'a\nb\n'],
  ['as many that end otherwise', [a, c], 'a\nc\n'],
]
for (const [name, events, text] of rows)
  test(`${name} is joined`, async (t) => t.equal(Buffer.from(joinedEvents(events)).toString(), text))

test('watchers that see the same events share one buffer', async (t) => {
  const first = joinedEvents([a, b, c])
  t.equal(joinedEvents([a, b, c]), first)
  t.equal(joinedEvents([a]), a, 'a single event is not copied')
})
