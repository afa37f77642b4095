import type { KubernetesObject } from '@tandem/apimachinery'
import t from 'tap'
import { judge, type OwnerState, type Verdict } from '../../src/garbage-collector/verdict.ts'

const rows: [string, OwnerState[], { finalizers?: string[]; dependents?: 'some' | 'waiting' }, Verdict][] = [
  ['nobody owns it', [], {}, { kind: 'keep', drop: [] }],
  ['its owner is there', ['solid'], {}, { kind: 'keep', drop: [] }],
  ['one owner is there, one is gone', ['solid', 'absent'], {}, { kind: 'keep', drop: ['1'] }],
  ['one owner is there, one waits', ['solid', 'waiting'], {}, { kind: 'keep', drop: ['1'] }],
  ['all owners are gone', ['absent', 'absent'], {}, { kind: 'delete', policy: 'Background', unblock: false }],
  [
    'gone, and it asked for its own to be orphaned',
    ['absent'],
    { finalizers: ['orphan'] },
    { kind: 'delete', policy: 'Orphan', unblock: false },
  ],
  [
    'gone, and it asked for the foreground',
    ['absent'],
    { finalizers: ['foregroundDeletion'] },
    { kind: 'delete', policy: 'Foreground', unblock: false },
  ],
  [
    'its owner waits, and it has none of its own',
    ['waiting'],
    {},
    { kind: 'delete', policy: 'Background', unblock: false },
  ],
  [
    'its owner waits, and it has its own',
    ['waiting'],
    { dependents: 'some' },
    { kind: 'delete', policy: 'Foreground', unblock: false },
  ],
  [
    'a circle of waiting is broken',
    ['waiting'],
    { dependents: 'waiting' },
    { kind: 'delete', policy: 'Foreground', unblock: true },
  ],
]
for (const [name, states, { finalizers = [], dependents }, expected] of rows) {
  t.test(name, async (t) => {
    const object = { metadata: { name: 'x', finalizers } } as unknown as KubernetesObject
    const owners = states.map((state, index) => ({
      state,
      reference: { apiVersion: 'v1', kind: 'X', name: 'x', uid: String(index) },
    }))
    t.same(
      judge({
        object,
        owners,
        hasDependents: dependents !== undefined,
        dependentIsDeletingDependents: dependents === 'waiting',
      }),
      expected,
    )
  })
}
