import t from 'tap'
import { mandatoryPriorityLevels } from '../../../src/flowcontrol/v1/mandatory.ts'
import { priorityLevelConfigurations } from '../../../src/flowcontrol/v1/prioritylevelconfiguration.ts'
import { created, faults, row } from '../../rules.ts'

const limited = (fields: object) => ({ type: 'Limited', limited: { limitResponse: { type: 'Reject' }, ...fields } })
const queuing = (fields: object) => limited({ limitResponse: { type: 'Queue', queuing: fields } })

const rows: { name: string; object?: string; spec: object; expected: string[] }[] = [
  { name: 'rejecting', spec: limited({}), expected: [] },
  { name: 'queuing', spec: queuing({}), expected: [] },
  {
    name: 'no type',
    spec: { type: 'Open' },
    expected: ['spec.type: Unsupported value: "Open": supported values: "Exempt", "Limited"'],
  },
  {
    name: 'limited by nothing',
    spec: { type: 'Limited' },
    expected: ['spec.limited: Required value: must not be empty when type is Limited'],
  },
  {
    name: 'another exempt one',
    spec: { type: 'Exempt' },
    expected: ["spec.type: Invalid value: \"Exempt\": must be 'Exempt' if and only if `name` is 'exempt'"],
  },
  {
    name: 'numbers out of range',
    spec: limited({ nominalConcurrencyShares: -1, lendablePercent: 101, borrowingLimitPercent: -1 }),
    expected: [
      'spec.limited.nominalConcurrencyShares: Invalid value: -1: must be a non-negative integer',
      'spec.limited.lendablePercent: Invalid value: 101: must be between 0 and 100, inclusive',
      'spec.limited.borrowingLimitPercent: Invalid value: -1: if specified, must be a non-negative integer',
    ],
  },
  {
    name: 'queues for who rejects',
    spec: limited({ limitResponse: { type: 'Reject', queuing: {} } }),
    expected: [
      'spec.limited.limitResponse.queuing: Forbidden: must be nil if limited.limitResponse.type is not Limited',
    ],
  },
  {
    name: 'a hand larger than the deck',
    spec: queuing({ queues: 4, handSize: 5 }),
    expected: ['spec.limited.limitResponse.queuing.handSize: Invalid value: 5: should not be greater than queues (4)'],
  },
  {
    name: 'a hand that takes more than a hash has',
    spec: queuing({ queues: 512, handSize: 8 }),
    expected: [
      'spec.limited.limitResponse.queuing.handSize: Invalid value: 8: required entropy bits of deckSize 512 and handSize 8 should not be greater than 60',
    ],
  },
  { name: 'catch-all', object: 'catch-all', spec: mandatoryPriorityLevels['catch-all'] ?? {}, expected: [] },
  {
    name: 'exempt with shares of its own',
    object: 'exempt',
    spec: { type: 'Exempt', exempt: { nominalConcurrencyShares: 5 } },
    expected: [],
  },
  {
    name: 'catch-all, changed',
    object: 'catch-all',
    spec: limited({}),
    expected: ["spec of 'catch-all' must equal the fixed value"],
  },
]
for (const { name, object = 'web', spec, expected } of rows)
  t.test(name, async (t) => {
    const found = faults(priorityLevelConfigurations, { metadata: { name: object }, spec })
    t.equal(found.length, expected.length, found.join('\n'))
    for (const [index, text] of expected.entries()) t.ok(found[index]?.endsWith(text), `${found[index]} | ${text}`)
  })

t.test('defaults and table', async (t) => {
  const level = created(priorityLevelConfigurations, { spec: queuing({}) })
  t.match(level.spec.limited, {
    nominalConcurrencyShares: 30,
    lendablePercent: 0,
    limitResponse: { queuing: { queues: 64, handSize: 8, queueLengthLimit: 50 } },
  })
  t.match(row(priorityLevelConfigurations, level, 0), {
    Type: 'Limited',
    NominalConcurrencyShares: 30,
    Queues: 64,
    HandSize: 8,
    QueueLengthLimit: 50,
  })
})
