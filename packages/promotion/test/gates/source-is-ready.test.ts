import t from 'tap'
import { sourceProblems } from '../../src/gates/source-is-ready.ts'
import type { SelectedObject } from '../../src/selection.ts'

const deployment = (status: object) =>
  ({
    resource: {},
    object: { kind: 'Deployment', metadata: { name: 'app', generation: 2 }, spec: { replicas: 2 }, status },
  }) as unknown as SelectedObject

const rows = [
  {
    name: 'a complete rollout',
    status: { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 2 },
    problem: undefined,
  },
  {
    name: 'a spec not seen yet',
    status: { observedGeneration: 1, replicas: 2, updatedReplicas: 2, availableReplicas: 2 },
    problem: /spec update to be observed/,
  },
  {
    name: 'pods that are not available',
    status: { observedGeneration: 2, replicas: 2, updatedReplicas: 2, availableReplicas: 1 },
    problem: /1 of 2 updated replicas are available/,
  },
  {
    name: 'a deadline exceeded',
    status: {
      observedGeneration: 2,
      replicas: 3,
      updatedReplicas: 1,
      conditions: [{ type: 'Progressing', reason: 'ProgressDeadlineExceeded' }],
    },
    problem: /exceeded its progress deadline/,
  },
]

for (const { name, status, problem } of rows) {
  t.test(name, (t) => {
    const problems = sourceProblems([deployment(status)])
    if (problem) t.match(problems[0], problem)
    else t.same(problems, [])
    t.end()
  })
}

t.test('kinds without a rollout are always ready', (t) => {
  t.same(
    sourceProblems([
      { resource: {}, object: { kind: 'ConfigMap', metadata: { name: 'a' } } } as unknown as SelectedObject,
    ]),
    [],
  )
  t.end()
})
