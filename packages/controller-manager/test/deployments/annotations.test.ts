import type { Deployment, ReplicaSet } from '@tandem/api/apps/v1/types'
import t from 'tap'
import {
  lastRevision,
  maxRevision,
  newReplicaSetAnnotations,
  rolledBackAnnotations,
} from '../../src/deployments/annotations.ts'

const revision = 'deployment.kubernetes.io/revision'
const history = 'deployment.kubernetes.io/revision-history'
const annotated = <T>(annotations: Record<string, string>): T =>
  ({ metadata: { name: 'x', annotations }, spec: {} }) as T
const deployment = annotated<Deployment>({
  'kubernetes.io/change-cause': 'kubectl set image',
  'kubectl.kubernetes.io/last-applied-configuration': '{}',
  [revision]: '7',
})

const rows: [string, Record<string, string>, bigint, Record<string, string>][] = [
  ['a new one has the revision and what the deployment says of its pods', {}, 3n, { [revision]: '3' }],
  ['the same revision stays', { [revision]: '3' }, 3n, { [revision]: '3' }],
  ['a later one is kept', { [revision]: '5' }, 3n, { [revision]: '5' }],
  ['an earlier one goes into the history', { [revision]: '1' }, 3n, { [revision]: '3', [history]: '1' }],
  ['after those before it', { [revision]: '4', [history]: '1,2' }, 6n, { [revision]: '6', [history]: '1,2,4' }],
  ['one that is no number is left alone', { [revision]: 'x' }, 3n, { [revision]: 'x' }],
]
for (const [name, before, newRevision, expected] of rows) {
  t.test(name, async (t) =>
    t.same(newReplicaSetAnnotations(deployment, { before, newRevision }), {
      'kubernetes.io/change-cause': 'kubectl set image',
      ...expected,
    }),
  )
}

t.test('a history that grows too long loses its oldest', async (t) => {
  const long = Array.from({ length: 600 }, (_, index) => String(index + 1)).join(',')
  const { [history]: after = '' } = newReplicaSetAnnotations(deployment, {
    before: { [revision]: '601', [history]: long },
    newRevision: 700n,
  })
  t.ok(after.length <= 2000)
  t.match(after, /,601$/)
})

t.test('the last revision is the one before the highest', async (t) => {
  const of = (...numbers: number[]) => numbers.map((number) => annotated<ReplicaSet>({ [revision]: String(number) }))
  t.equal(lastRevision(of(3, 1, 2)), 2n)
  t.equal(lastRevision(of(1)), 0n)
  t.equal(maxRevision([annotated({ [revision]: '3546343826724305832' })]) + 1n, 3546343826724305833n)
})

t.test('a rollback takes over what the old pods were annotated with, and keeps what is its own', async (t) => {
  const target = annotated<ReplicaSet>({ [revision]: '2', 'kubernetes.io/change-cause': 'first' })
  t.same(rolledBackAnnotations(deployment, target), {
    'kubectl.kubernetes.io/last-applied-configuration': '{}',
    [revision]: '7',
    'kubernetes.io/change-cause': 'first',
  })
})
