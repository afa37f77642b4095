import type { ControllerRevision } from '@tandem/api/apps/v1/types'
import t from 'tap'
import {
  hasTemplate,
  inOrder,
  nextNumber,
  outdatedRevisions,
  templateOf,
} from '../../src/revisions/controller-revisions.ts'
import { dataOf } from '../../src/revisions/template-data.ts'

const template = (image: string) => ({
  spec: { containers: [{ name: 'c', image }], restartPolicy: 'Always' as const },
  metadata: { labels: { b: '1', a: '2' } } as never,
})
const revision = (name: string, number: number, image = name): ControllerRevision =>
  ({
    metadata: { name, creationTimestamp: '2026-01-01T00:00:00Z' },
    revision: number,
    data: dataOf(template(image)),
  }) as unknown as ControllerRevision

t.test('a template is kept as other clients write it', async (t) => {
  t.equal(
    JSON.stringify(dataOf(template('i'))),
    '{"spec":{"template":{"$patch":"replace","metadata":{"labels":{"a":"2","b":"1"}},"spec":{"containers":[{"image":"i","name":"c","resources":{}}],"restartPolicy":"Always"}}}}',
  )
  t.match(templateOf(revision('x', 1)), { spec: { containers: [{ image: 'x' }] } })
  t.notOk('$patch' in templateOf(revision('x', 1)))
})

t.test('which revision has it', async (t) => {
  t.ok(hasTemplate(revision('x', 1), template('x')))
  t.notOk(hasTemplate(revision('x', 1), template('y')))
})

t.test('numbers, and what goes', async (t) => {
  const all = [revision('c', 3), revision('a', 1), revision('d', 4), revision('b', 2)]
  t.same(
    inOrder(all).map(({ metadata }) => metadata.name),
    ['a', 'b', 'c', 'd'],
  )
  t.equal(nextNumber(all), 5)
  t.equal(nextNumber([]), 1)
  const isUsed = ({ metadata }: ControllerRevision) => metadata.name === 'a' || metadata.name === 'd'
  t.same(
    outdatedRevisions(all, { isUsed, limit: 1 }).map(({ metadata }) => metadata.name),
    ['b'],
  )
  t.same(outdatedRevisions(all, { isUsed, limit: 9 }), [])
})
