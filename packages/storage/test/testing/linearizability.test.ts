import t from 'tap'
import { findFaults } from '../../src/testing/linearizability/check.ts'
import type { Action, List, Operation } from '../../src/testing/linearizability/history.ts'

type Row = [key: string, called: number, returned: number, action: Action]

const never = Number.POSITIVE_INFINITY
const created = (value: string, revision: number | undefined): Action => ({
  type: 'create',
  value,
  answer: { revision },
})
const updated = (value: string, expected: number, revision: number): Action => ({
  type: 'update',
  value,
  expected,
  answer: { revision },
})
const refused = (value: string, expected: number, current?: { value: string; revision: number }): Action => ({
  type: 'update',
  value,
  expected,
  answer: { current },
})
const deleted = (expected: number, revision: number): Action => ({ type: 'delete', expected, answer: { revision } })
const read = (value: string, revision: number): Action => ({ type: 'get', answer: { value, revision } })
const absent: Action = { type: 'get', answer: 'absent' }
const exists: Action = { type: 'create', value: 'x', answer: 'exists' }
const lostCreate = (value: string): Action => ({ type: 'create', value, answer: undefined })
const lostUpdate = (value: string, expected: number): Action => ({ type: 'update', value, expected, answer: undefined })

const good: Record<string, Row[]> = {
  'one after the other': [
    ['a', 1, 2, absent],
    ['a', 3, 4, created('1', 1)],
    ['a', 5, 6, read('1', 1)],
    ['a', 7, 8, updated('2', 1, 2)],
    ['a', 9, 10, refused('3', 1, { value: '2', revision: 2 })],
    ['a', 11, 12, deleted(2, 3)],
    ['a', 13, 14, absent],
  ],
  'a read during a write sees it, and a later one of the same time does too': [
    ['a', 1, 2, created('1', 1)],
    ['a', 3, 10, updated('2', 1, 2)],
    ['a', 4, 5, read('1', 1)],
    ['a', 6, 7, read('2', 2)],
  ],
  'of two that create at once, one is told that it exists': [
    ['a', 1, 4, created('1', 1)],
    ['a', 2, 3, exists],
  ],
  'a write without an answer happened, later': [
    ['a', 1, 2, created('1', 1)],
    ['a', 3, never, lostUpdate('2', 1)],
    ['a', 4, 5, read('1', 1)],
    ['a', 6, 7, read('2', 2)],
  ],
  'a write without an answer never happened': [
    ['a', 1, never, lostCreate('1')],
    ['a', 2, 3, absent],
    ['a', 4, 5, created('2', 1)],
    ['a', 6, 7, read('2', 1)],
  ],
  'a revision that was not told is learned': [
    ['a', 1, 2, created('1', undefined)],
    ['a', 3, 4, read('1', 7)],
    ['a', 5, 6, updated('2', 7, 8)],
  ],
}

const bad: Record<string, Row[]> = {
  'a stale read': [
    ['a', 1, 2, created('1', 1)],
    ['a', 3, 4, updated('2', 1, 2)],
    ['a', 5, 6, read('1', 1)],
  ],
  'reads that go back in time': [
    ['a', 1, 2, created('1', 1)],
    ['a', 3, 10, updated('2', 1, 2)],
    ['a', 4, 5, read('2', 2)],
    ['a', 6, 7, read('1', 1)],
  ],
  'a lost write': [
    ['a', 1, 2, created('1', 1)],
    ['a', 3, 4, absent],
  ],
  'a lost update: two from one revision': [
    ['a', 1, 2, created('1', 1)],
    ['a', 3, 6, updated('2', 1, 2)],
    ['a', 4, 5, updated('3', 1, 3)],
  ],
  'a value from nowhere': [['a', 1, 2, read('1', 1)]],
  'a creation of what is there': [
    ['a', 1, 2, created('1', 1)],
    ['a', 3, 4, created('2', 2)],
  ],
  'what exists does not': [['a', 1, 2, exists]],
  'a refusal that tells what is not there': [
    ['a', 1, 2, created('1', 1)],
    ['a', 3, 4, refused('2', 5, { value: '9', revision: 9 })],
  ],
  'a refusal of the right revision': [
    ['a', 1, 2, created('1', 1)],
    ['a', 3, 4, refused('2', 1)],
  ],
  'a deleted key that is read': [
    ['a', 1, 2, created('1', 1)],
    ['a', 3, 4, deleted(1, 2)],
    ['a', 5, 6, read('1', 1)],
  ],
  'a write without an answer that is undone': [
    ['a', 1, 2, created('1', 1)],
    ['a', 3, never, lostUpdate('2', 1)],
    ['a', 4, 5, read('2', 2)],
    ['a', 6, 7, read('1', 1)],
  ],
  'a revision that shrinks': [
    ['a', 1, 2, created('1', 5)],
    ['a', 3, 4, updated('2', 5, 4)],
  ],
  'a revision given twice': [
    ['a', 1, 2, created('1', 1)],
    ['b', 1, 2, created('2', 1)],
  ],
  'revisions against time, on two keys': [
    ['a', 1, 2, created('1', 2)],
    ['b', 3, 4, created('2', 1)],
  ],
}

const operations = (rows: Row[]): Operation[] =>
  rows.map(([key, called, returned, action], process) => ({ process, key, called, returned, action }))

for (const [name, rows] of Object.entries(good))
  t.test(`true: ${name}`, async (t) => t.same(findFaults({ operations: operations(rows), lists: [] }), []))
for (const [name, rows] of Object.entries(bad))
  t.test(`false: ${name}`, async (t) => t.not(findFaults({ operations: operations(rows), lists: [] }).length, 0))

const twoKeys = operations([
  ['a', 1, 2, created('1', 1)],
  ['b', 3, 4, created('2', 2)],
  ['a', 10, 20, updated('3', 1, 3)],
  ['b', 10, 20, updated('4', 2, 4)],
])
const lists: [name: string, isTrue: boolean, revision: number, entries: Record<string, [string, number]>][] = [
  ['before both', true, 2, { a: ['1', 1], b: ['2', 2] }],
  ['between both', true, 3, { a: ['3', 3], b: ['2', 2] }],
  ['after both', true, 4, { a: ['3', 3], b: ['4', 4] }],
  ['torn: the later without the earlier', false, 4, { a: ['1', 1], b: ['4', 4] }],
  ['more than its revision', false, 3, { a: ['3', 3], b: ['4', 4] }],
  ['without a key', false, 2, { a: ['1', 1] }],
  ['of an earlier time', false, 1, { a: ['1', 1] }],
]
for (const [name, isTrue, revision, entries] of lists)
  t.test(`a list ${name}`, async (t) => {
    const found = Object.entries(entries).map(([key, [value, revision]]) => [key, { value, revision }] as const)
    const list: List = { process: 9, called: 11, returned: 19, revision, entries: new Map(found) }
    t.equal(findFaults({ operations: twoKeys, lists: [list] }).length === 0, isTrue)
  })
