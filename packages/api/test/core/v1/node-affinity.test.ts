import t from 'tap'
import {
  matchNodeSelectorTerm,
  matchRequiredNodeAffinity,
  scorePreferredNodeAffinity,
} from '../../../src/core/v1/node-affinity.ts'
import type { Node, NodeSelectorTerm, Pod } from '../../../src/core/v1/types.ts'

const node = { metadata: { name: 'n1', labels: { zone: 'a', cores: '8' } }, spec: {} } as unknown as Node
const expression = (
  key: string,
  operator: 'In' | 'NotIn' | 'Exists' | 'DoesNotExist' | 'Gt' | 'Lt',
  ...values: string[]
) => ({
  key,
  operator,
  values,
})

const rows: [name: string, term: NodeSelectorTerm, expected: boolean][] = [
  ['an empty term matches nothing', {}, false],
  ['in', { matchExpressions: [expression('zone', 'In', 'a', 'b')] }, true],
  ['not in', { matchExpressions: [expression('zone', 'NotIn', 'a')] }, false],
  ['not in holds without the label', { matchExpressions: [expression('gpu', 'NotIn', 'a')] }, true],
  ['exists', { matchExpressions: [expression('zone', 'Exists')] }, true],
  ['does not exist', { matchExpressions: [expression('zone', 'DoesNotExist')] }, false],
  ['greater', { matchExpressions: [expression('cores', 'Gt', '4')] }, true],
  ['less', { matchExpressions: [expression('cores', 'Lt', '4')] }, false],
  ['greater than no number', { matchExpressions: [expression('zone', 'Gt', '4')] }, false],
  ['all of them', { matchExpressions: [expression('zone', 'Exists'), expression('gpu', 'Exists')] }, false],
  ['the name', { matchFields: [expression('metadata.name', 'In', 'n1')] }, true],
  ['another name', { matchFields: [expression('metadata.name', 'In', 'n2')] }, false],
  ['a label of the prototype', { matchExpressions: [expression('constructor', 'Exists')] }, false],
]

for (const [name, term, expected] of rows)
  t.test(name, async (t) => {
    t.equal(matchNodeSelectorTerm(term, node), expected)
  })

t.test('selector and affinity must both hold', async (t) => {
  const pod = (spec: object): Pod => ({ metadata: { name: 'p' }, spec: { containers: [], ...spec } }) as unknown as Pod
  const affinity = (zone: string) => ({
    nodeAffinity: {
      requiredDuringSchedulingIgnoredDuringExecution: {
        nodeSelectorTerms: [
          { matchExpressions: [expression('zone', 'In', zone)] },
          { matchExpressions: [expression('gpu', 'Exists')] },
        ],
      },
    },
  })
  t.equal(matchRequiredNodeAffinity(pod({}), node), true)
  t.equal(matchRequiredNodeAffinity(pod({ nodeSelector: { zone: 'a' } }), node), true)
  t.equal(matchRequiredNodeAffinity(pod({ nodeSelector: { zone: 'b' } }), node), false)
  t.equal(matchRequiredNodeAffinity(pod({ affinity: affinity('a') }), node), true, 'one term suffices')
  t.equal(matchRequiredNodeAffinity(pod({ nodeSelector: { zone: 'a' }, affinity: affinity('b') }), node), false)
})

t.test('weights of the terms that match add up', async (t) => {
  const terms = [
    { weight: 10, preference: { matchExpressions: [expression('zone', 'In', 'a')] } },
    { weight: 20, preference: { matchExpressions: [expression('zone', 'In', 'b')] } },
    { weight: 30, preference: { matchExpressions: [expression('cores', 'Exists')] } },
  ]
  t.equal(scorePreferredNodeAffinity(terms, node), 40)
  t.equal(scorePreferredNodeAffinity(undefined, node), 0)
})
