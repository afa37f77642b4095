import t from 'tap'
import {
  countCommon,
  countIndexes,
  freeIndexes,
  hasIndex,
  indexesOf,
  mergeIndexes,
  printIndexes,
  readIndexes,
} from '../../src/jobs/indexes.ts'

const texts = [
  { text: '', completions: 5, expected: '' },
  { text: '0,1', completions: 5, expected: '0,1' },
  { text: '0-1,3', completions: 5, expected: '0,1,3' },
  { text: '0,1,2,4-9', completions: 8, expected: '0-2,4-7' },
  { text: '9', completions: 5, expected: '' },
  { text: 'x,2', completions: 5, expected: '2' },
]
for (const { text, completions, expected } of texts)
  t.test(`${JSON.stringify(text)} of ${completions}`, async (t) =>
    t.equal(printIndexes(readIndexes(text, completions)), expected),
  )

t.test('sets of indexes', async (t) => {
  const some = mergeIndexes(indexesOf([7, 0, 2]), indexesOf([1, 5]))
  t.equal(printIndexes(some), '0-2,5,7')
  t.equal(countIndexes(some), 5)
  t.same(
    [0, 2, 3, 5, 6, 7, 8].map((index) => hasIndex(some, index)),
    [true, true, false, true, false, true, false],
  )
  t.same(freeIndexes(some, { count: 3, completions: 10 }), [3, 4, 6])
  t.same(freeIndexes(some, { count: 9, completions: 7 }), [3, 4, 6])
  t.same(freeIndexes([], { count: 2, completions: 10 }), [0, 1])
  t.equal(countCommon(some, readIndexes('1-6', 10)), 3)
  t.equal(countCommon([], some), 0)
})
