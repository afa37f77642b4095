import type { ContainerPort } from '../types.ts'
import type { PlacedContainer } from './paths.ts'

interface PlacedPort {
  field: string
  port: ContainerPort
}

function clash({ port: a }: PlacedPort, { port: b }: PlacedPort): string | undefined {
  const sameHost = (a.hostIP ?? '') === (b.hostIP ?? '')
  const [hostA, hostB] = [a.hostPort ?? 0, b.hostPort ?? 0]
  if (sameHost && hostA === hostB) return 'duplicate'
  if (hostA === 0 || hostB === 0) return 'overlapping'
  return hostA === hostB && Boolean(a.hostIP) !== Boolean(b.hostIP) ? 'dangerously ambiguous' : undefined
}

/** Ports of a pod's containers share one network: two of one number, or of one name, hide each other. */
export function portWarnings(containers: readonly PlacedContainer[]): string[] {
  const ports = containers.flatMap(({ field, container }) =>
    (container.ports ?? []).map((port, i): PlacedPort => ({ field: `${field}.ports[${i}]`, port })),
  )
  const isSame = (a: ContainerPort, b: ContainerPort): boolean =>
    a.containerPort === b.containerPort && a.protocol === b.protocol
  const numbers = ports.flatMap((placed, i) => [
    ...(placed.port.hostIP && !placed.port.hostPort
      ? [`${placed.field}: hostIP set without hostPort: ${JSON.stringify(placed.port)}`]
      : []),
    ...ports.slice(0, i).flatMap((other) => {
      const kind = isSame(placed.port, other.port) && clash(placed, other)
      return kind ? [`${placed.field}: ${kind} port definition with ${other.field}`] : []
    }),
  ])
  const names = ports.flatMap(({ field, port: { name } }, i) => {
    const first = name ? ports.slice(0, i).find(({ port }) => port.name === name) : undefined
    return first
      ? [
          `${field}: duplicate port name "${name}" with ${first.field}, services and probes that select ports by name will use ${first.field}`,
        ]
      : []
  })
  return [...numbers, ...names]
}
