import t from 'tap'
import { ageOf, humanDuration } from '../src/human-duration.ts'

const s = 1000
const m = 60 * s
const h = 60 * m
const d = 24 * h

const rows: [string, number, string][] = [
  ['a second ahead is now', -1 * s, '0s'],
  ['far ahead is a broken clock', -3 * s, '<invalid>'],
  ['nothing', 0, '0s'],
  ['almost two minutes in seconds', 119 * s, '119s'],
  ['two minutes', 2 * m, '2m'],
  ['minutes and seconds', 2 * m + 30 * s, '2m30s'],
  ['minutes alone from ten', 10 * m + 30 * s, '10m'],
  ['up to three hours in minutes', 179 * m, '179m'],
  ['hours and minutes', 3 * h + 12 * m, '3h12m'],
  ['hours alone from eight', 8 * h + 12 * m, '8h'],
  ['up to two days in hours', 47 * h, '47h'],
  ['days and hours', 2 * d + 3 * h, '2d3h'],
  ['days alone from eight', 8 * d + 3 * h, '8d'],
  ['up to two years in days', 729 * d, '729d'],
  ['years and days', (2 * 365 + 5) * d, '2y5d'],
  ['years alone from eight', (8 * 365 + 5) * d, '8y'],
]

for (const [name, milliseconds, expected] of rows) {
  t.test(name, async (t) => {
    t.equal(humanDuration(milliseconds), expected)
  })
}

t.test('an age needs a timestamp', async (t) => {
  t.equal(ageOf('2026-01-01T00:00:00Z', Date.parse('2026-01-01T00:00:45Z')), '45s')
  t.equal(ageOf(undefined, 0), '<unknown>')
})
