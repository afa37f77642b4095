import fc from 'fast-check'
import type { NodeFixture, PodFixture } from '../objects.ts'

/** Something that happens to the cluster. Indexes choose among what there is then. */
export type Change =
  | { kind: 'add node'; node: Omit<NodeFixture, 'name'> }
  | { kind: 'remove node' | 'taint node' | 'untaint node' | 'cordon node' | 'uncordon node'; index: number }
  | { kind: 'add pod'; pod: Omit<PodFixture, 'name'>; claims: number }
  | { kind: 'delete pod' | 'open gate'; index: number }
  | { kind: 'label pod'; index: number; app: string }

export const taint = { key: 'broken', effect: 'NoSchedule' } as const
export const gate = { name: 'example.com/wait' }

const index = fc.nat(1000)
const app = fc.constantFrom('web', 'db', 'cache')
const disk = fc.constantFrom('ssd', 'hdd')
const zone = fc.constantFrom('x', 'y')

const node = fc.record({ cpu: fc.integer({ min: 1, max: 4 }), pods: fc.integer({ min: 2, max: 6 }), disk, zone }).map(
  ({ cpu, pods, disk: kind, zone: place }): Omit<NodeFixture, 'name'> => ({
    cpu: String(cpu),
    pods: String(pods),
    labels: { disk: kind, zone: place },
  }),
)

const sometimes = <T>(weight: number, arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> =>
  fc.oneof({ weight: 10 - weight, arbitrary: fc.constant(undefined) }, { weight, arbitrary })

const pod = fc
  .record({
    cpu: fc.integer({ min: 0, max: 25 }).map((tenths) => `${tenths * 100}m`),
    priority: fc.constantFrom(0, 0, 0, 100, 1000),
    labels: app.map((name) => ({ app: name })),
    tolerates: fc.boolean(),
    disk: sometimes(2, disk),
    port: sometimes(2, fc.constantFrom(80, 443)),
    apart: sometimes(2, app),
    gated: sometimes(1, fc.constant(true)),
  })
  .map(
    ({ cpu, priority, labels, tolerates, disk: wanted, port, apart, gated }): Omit<PodFixture, 'name'> => ({
      priority,
      labels,
      containers: [
        {
          name: 'main',
          image: 'app',
          resources: { requests: { cpu } },
          ...(port ? { ports: [{ containerPort: port, hostPort: port }] } : {}),
        },
      ],
      ...(tolerates ? { tolerations: [{ operator: 'Exists' as const }] } : {}),
      ...(wanted ? { nodeSelector: { disk: wanted } } : {}),
      ...(gated ? { schedulingGates: [gate] } : {}),
      ...(apart
        ? {
            affinity: {
              podAntiAffinity: {
                requiredDuringSchedulingIgnoredDuringExecution: [
                  { topologyKey: 'kubernetes.io/hostname', labelSelector: { matchLabels: { app: apart } } },
                ],
              },
            },
          }
        : {}),
    }),
  )

const change: fc.Arbitrary<Change> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('add node' as const), node }) },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constantFrom('remove node' as const, 'taint node', 'untaint node', 'cordon node', 'uncordon node'),
      index,
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({ kind: fc.constant('add pod' as const), pod, claims: fc.constantFrom(0, 0, 0, 0, 1, 2) }),
  },
  { weight: 5, arbitrary: fc.record({ kind: fc.constantFrom('delete pod' as const, 'open gate'), index }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('label pod' as const), index, app }) },
)

/** What happens in one go, and whether the scheduler comes to rest afterwards. */
export interface Burst {
  changes: Change[]
  rests: boolean
}

/** Bursts, and which bindings fail, by their order. */
export const churn: fc.Arbitrary<{ bursts: Burst[]; failures: number[] }> = fc.record({
  bursts: fc.array(fc.record({ changes: fc.array(change, { minLength: 1, maxLength: 8 }), rests: fc.boolean() }), {
    minLength: 2,
    maxLength: 10,
  }),
  failures: fc.array(fc.nat(30), { maxLength: 4 }),
})
