import t from 'tap'
import { decide } from './decide.ts'
import { type Axis, axesInOrder, cordonAxes, taintAxes } from './decision-axes.ts'
import type { NodeFixture, PodFixture } from './objects.ts'

interface Case {
  name: string
  pod: PodFixture
  node: NodeFixture
  placed: (PodFixture & { on: string })[]
  refusal: Axis | undefined
}

const merged = (a: Axis, b: Axis): Case => {
  // Two containers of one name are one container that wants both.
  const main = (axis: Axis) => axis.pod?.containers?.[0]
  const both = { name: 'main', image: 'app', ...main(a), ...main(b) }
  const placed = [...(a.placed ?? []), ...(b.placed ?? [])]
  return {
    name: `${a.name}; ${b.name}`,
    pod: { name: 'p', ...a.pod, ...b.pod, containers: [both] },
    node: { name: 'n', ...a.node, ...b.node, labels: { ...a.node?.labels, ...b.node?.labels } },
    placed: placed.map((pod, index) => ({ name: `x${index}`, ...pod, on: 'n' })),
    refusal: [a, b].find(({ reason }) => reason !== undefined),
  }
}

/** Every axis with every later one, so that what one plugin says is also seen not to change what another does. */
const cases = axesInOrder.flatMap((axes, order) =>
  axesInOrder
    .slice(order + 1)
    // Tolerations are asked by both: a pod that tolerates everything tolerates a cordon.
    .filter((later) => !(axes === cordonAxes && later === taintAxes))
    .flatMap((later) => axes.flatMap((a) => later.map((b) => merged(a, b)))),
)

t.test('there are enough of them', async (t) => t.ok(cases.length >= 300, `${cases.length} cases`))

for (const { name, pod, node, placed, refusal } of cases) {
  t.test(name, async (t) => {
    // A second node that refuses everybody shows that only feasible nodes are chosen.
    const closed: NodeFixture = { name: 'closed', taints: [{ key: 'closed', effect: 'NoSchedule' }], pods: '0' }
    const decision = decide({ pod, nodes: [node], placed })
    if (!refusal) {
      t.equal(decision, 'n')
      t.equal(decide({ pod, nodes: [closed, node], placed }), 'n')
      return
    }
    t.match(decision, `0/1 nodes are available: 1 ${refusal.reason}. `)
    const hopeless = refusal.mends
      ? 'No preemption victims found for incoming pod'
      : 'Preemption is not helpful for scheduling'
    t.match(decision, `preemption: 0/1 nodes are available: 1 ${hopeless}.`)
  })
}
