import type { Pod, Service } from '@tandem/api/core/v1/types'

const variableName = (name: string): string => name.toUpperCase().replaceAll('-', '_')

const hasClusterIP = ({ spec }: Service): boolean => Boolean(spec?.clusterIP) && spec?.clusterIP !== 'None'

const masterService = 'kubernetes'

/**
 * The Services that a pod is told of: those of its namespace where it wants service links, and always the API server's,
 * which its own namespace may replace.
 */
export function visibleServices(pod: Pod, services: readonly Service[]): Service[] {
  const visible = new Map<string, Service>()
  for (const service of services.filter(hasClusterIP)) {
    const { namespace, name } = service.metadata
    const own = namespace === pod.metadata.namespace
    if (own && (pod.spec.enableServiceLinks ?? true)) visible.set(name, service)
    else if (namespace === 'default' && name === masterService && !visible.has(name)) visible.set(name, service)
    else if (own && name === masterService) visible.set(name, service)
  }
  return [...visible.values()].sort((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1))
}

/** `NAME_SERVICE_HOST`, `NAME_SERVICE_PORT` and the older variables in the style of Docker links. */
export function serviceEnvironment(services: readonly Service[]): { name: string; value: string }[] {
  return services.flatMap(({ metadata, spec }) => {
    const prefix = variableName(metadata.name)
    const host = spec?.clusterIP ?? ''
    const ports = spec?.ports ?? []
    const [first] = ports
    if (!first) return []
    const address = host.includes(':') ? `[${host}]` : host
    const url = ({ protocol = 'TCP', port }: { protocol?: string; port: number }): string =>
      `${protocol.toLowerCase()}://${address}:${port}`
    return [
      { name: `${prefix}_SERVICE_HOST`, value: host },
      { name: `${prefix}_SERVICE_PORT`, value: String(first.port) },
      ...ports.flatMap(({ name, port }) =>
        name ? [{ name: `${prefix}_SERVICE_PORT_${variableName(name)}`, value: String(port) }] : [],
      ),
      { name: `${prefix}_PORT`, value: url(first) },
      ...ports.flatMap(({ protocol = 'TCP', port }) => {
        const link = `${prefix}_PORT_${port}_${protocol.toUpperCase()}`
        return [
          { name: link, value: url({ protocol, port }) },
          { name: `${link}_PROTO`, value: protocol.toLowerCase() },
          { name: `${link}_PORT`, value: String(port) },
          { name: `${link}_ADDR`, value: host },
        ]
      }),
    ]
  })
}
