import t from 'tap'
import { crashRounds } from './crash-rounds.ts'

t.test('a process killed at any moment loses nothing that was acknowledged', (t) =>
  crashRounds(t, { rounds: 8, milliseconds: 400 }),
)
