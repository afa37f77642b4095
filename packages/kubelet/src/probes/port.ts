import type { Container } from '@tandem/api/core/v1/types'

/** A port by number, or by the name it has in its container. Throws when there is no such port. */
export function resolvePort(port: number | string, container: Pick<Container, 'ports'>): number {
  if (typeof port === 'number') return checked(port)
  const named = (container.ports ?? []).find(({ name }) => name === port)
  if (named) return checked(named.containerPort)
  const numeric = Number(port)
  if (!Number.isInteger(numeric))
    throw new Error(`couldn't find port: ${JSON.stringify(port)} in ${JSON.stringify(container.ports ?? [])}`)
  return checked(numeric)
}

function checked(port: number): number {
  if (port < 1 || port > 65_535) throw new Error(`invalid port number: ${port}`)
  return port
}
