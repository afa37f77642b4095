import t from 'tap'
import { crashRounds } from '../../packages/storage/test/level/crash-rounds.ts'

t.test('a store whose process is killed 240 times loses nothing that was acknowledged', (t) =>
  crashRounds(t, { rounds: 240, milliseconds: 120 }),
)
