import t from 'tap'
import { formatDuration, parseDuration } from '../src/duration.ts'

const rows: [string, number, string?][] = [
  ['0', 0, '0s'],
  ['1s', 1000],
  ['1.5s', 1500],
  ['90s', 90_000, '1m30s'],
  ['1m30s', 90_000],
  ['1h', 3_600_000, '1h0m0s'],
  ['250ms', 250],
  ['-5s', -5000],
  ['.5s', 500, '500ms'],
]
for (const [text, ms, printed = text] of rows) {
  t.equal(parseDuration(text), ms, text)
  t.equal(formatDuration(ms), printed, printed)
}
for (const bad of ['', '5', 's', '1x', '1s ', '--1s'])
  t.throws(() => parseDuration(bad), { message: /invalid duration/ }, bad)
