import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  notSupported,
  required,
  validateDns1123Subdomain,
  validateLabels,
} from '@tandem/apimachinery'
import {
  dns1123Label,
  dns1123Subdomain,
  invalidEach,
  oneOf,
  optionalOneOf,
  portNumber,
  portNumberOrName,
  qualifiedName,
} from '../field-checks.ts'
import { isIPv6, validateCIDR, validateEndpointIP, validateIP } from '../ip-address.ts'
import { protocols } from '../ports.ts'
import { isExternallyAccessible, isHeadless, needsHealthCheck } from '../service-port.ts'
import type { Service, ServicePort } from '../types.ts'
import { validateClusterIPs, validateFamilyChange } from './validate-cluster-ips.ts'

const topologyHints = 'service.kubernetes.io/topology-aware-hints'
const topologyMode = 'service.kubernetes.io/topology-mode'
const sourceRangesAnnotation = 'service.beta.kubernetes.io/load-balancer-source-ranges'
const longestAffinity = 24 * 60 * 60

function validateAnnotations({ metadata: { annotations = {} } }: Service): FieldError[] {
  const mode = annotations[topologyMode]
  const hints = annotations[topologyHints]
  if (mode === undefined || hints === undefined || mode === hints) return []
  return [
    invalidValue(
      `metadata.annotations[${topologyMode}]`,
      mode,
      `must match annotations[${topologyHints}] when both are specified`,
    ),
  ]
}

function validateType(service: Service): FieldError[] {
  const { spec } = service
  const errors: FieldError[] = []
  if ((spec.ports ?? []).length === 0 && !isHeadless(service) && spec.type !== 'ExternalName')
    errors.push(required('spec.ports'))
  if ((spec.type === 'LoadBalancer' || spec.type === 'NodePort') && isHeadless(service))
    errors.push(invalidValue('spec.clusterIPs[0]', 'None', `may not be set to 'None' for ${spec.type} services`))
  if (spec.type === 'ExternalName') errors.push(...validateExternalName(service))
  return errors
}

function validateExternalName({ spec }: Service): FieldError[] {
  const errors: FieldError[] = []
  const refuse = (field: string): number =>
    errors.push(forbiddenField(field, 'may not be set for ExternalName services'))
  if ((spec.clusterIPs ?? []).length > 0) refuse('spec.clusterIPs')
  if ((spec.ipFamilies ?? []).length > 0) refuse('spec.ipFamilies')
  if (spec.ipFamilyPolicy !== undefined) refuse('spec.ipFamilyPolicy')
  const name = (spec.externalName ?? '').replace(/\.$/, '')
  errors.push(...(name ? dns1123Subdomain('spec.externalName', name) : [required('spec.externalName')]))
  return errors
}

function validatePort(field: string, port: ServicePort, siblings: readonly ServicePort[]): FieldError[] {
  const errors: FieldError[] = []
  if (port.name) {
    errors.push(...dns1123Label(`${field}.name`, port.name))
    const first = siblings.findIndex(({ name }) => name === port.name)
    if (siblings[first] !== port) errors.push(duplicate(`${field}.name`, port.name))
  } else if (siblings.length > 1) errors.push(required(`${field}.name`))
  errors.push(...portNumber(`${field}.port`, port.port))
  errors.push(...oneOf(`${field}.protocol`, port.protocol, protocols))
  errors.push(...portNumberOrName(`${field}.targetPort`, port.targetPort))
  if (port.appProtocol !== undefined) errors.push(...qualifiedName(`${field}.appProtocol`, port.appProtocol))
  return errors
}

function validatePorts({ spec: { ports = [], type } }: Service): FieldError[] {
  const errors = ports.flatMap((port, i) => validatePort(`spec.ports[${i}]`, port, ports))
  const nodePorts = new Set<string>()
  const numbers = new Set<string>()
  for (const [i, { protocol, port, nodePort }] of ports.entries()) {
    if (nodePort && type === 'ClusterIP')
      errors.push(forbiddenField(`spec.ports[${i}].nodePort`, "may not be used when `type` is 'ClusterIP'"))
    if (nodePort && nodePorts.has(`${protocol}/${nodePort}`))
      errors.push(duplicate(`spec.ports[${i}].nodePort`, nodePort))
    if (nodePort) nodePorts.add(`${protocol}/${nodePort}`)
    if (numbers.has(`${protocol}/${port}`))
      errors.push(duplicate(`spec.ports[${i}]`, { protocol, port, targetPort: 0 }))
    numbers.add(`${protocol}/${port}`)
  }
  return errors
}

function validateAffinity({ spec }: Service): FieldError[] {
  const errors = oneOf('spec.sessionAffinity', spec.sessionAffinity, ['ClientIP', 'None'])
  const field = 'spec.sessionAffinityConfig'
  if (spec.sessionAffinity === 'None' && spec.sessionAffinityConfig)
    errors.push(forbiddenField(field, 'must not be set when session affinity is None'))
  if (spec.sessionAffinity !== 'ClientIP') return errors
  const config = spec.sessionAffinityConfig
  const missing = (at: string): FieldError[] => [...errors, required(at, 'when session affinity type is ClientIP')]
  if (!config) return missing(field)
  if (!config.clientIP) return missing(`${field}.clientIP`)
  const timeout = config.clientIP.timeoutSeconds
  if (timeout === undefined) return missing(`${field}.clientIP.timeoutSeconds`)
  if (timeout <= 0 || timeout > longestAffinity)
    errors.push(
      invalidValue(
        `${field}.clientIP.timeoutSeconds`,
        timeout,
        `must be greater than 0 and less than ${longestAffinity}`,
      ),
    )
  return errors
}

function validateExternalIPs({ spec }: Service, old?: Service): FieldError[] {
  return (spec.externalIPs ?? []).flatMap((ip, i) => {
    const field = `spec.externalIPs[${i}]`
    const errors = validateIP(field, ip, old?.spec.externalIPs)
    return errors.length > 0 ? errors : validateEndpointIP(field, ip)
  })
}

const onlyForLoadBalancers = "may only be used when `type` is 'LoadBalancer'"

function validateSourceRanges({ spec, metadata }: Service, old?: Service): FieldError[] {
  const trimmed = (ranges: readonly string[] | undefined): string[] => (ranges ?? []).map((range) => range.trim())
  const ranges = trimmed(spec.loadBalancerSourceRanges)
  const annotation = metadata.annotations?.[sourceRangesAnnotation]
  const field = ranges.length > 0 ? 'spec.LoadBalancerSourceRanges' : `metadata.annotations[${sourceRangesAnnotation}]`
  if (ranges.length === 0 && annotation === undefined) return []
  const errors = spec.type === 'LoadBalancer' ? [] : [forbiddenField(field, onlyForLoadBalancers)]
  if (ranges.length > 0) {
    const kept = trimmed(old?.spec.loadBalancerSourceRanges)
    return [...errors, ...ranges.flatMap((range, i) => validateCIDR(`${field}[${i}]`, range, kept))]
  }
  if (!annotation?.trim() || old?.metadata.annotations?.[sourceRangesAnnotation] === annotation) return errors
  return [...errors, ...trimmed(annotation.split(',')).flatMap((range) => validateCIDR(field, range))]
}

function validateLoadBalancer({ spec }: Service, old?: Service): FieldError[] {
  const errors: FieldError[] = []
  if (spec.type === 'LoadBalancer') {
    if (spec.allocateLoadBalancerNodePorts === undefined) errors.push(required('allocateLoadBalancerNodePorts'))
    if (old?.spec.type === 'LoadBalancer' && old.spec.loadBalancerClass !== spec.loadBalancerClass)
      errors.push(invalidValue('spec.loadBalancerClass', spec.loadBalancerClass ?? null, 'may not change once set'))
    if (spec.loadBalancerClass !== undefined)
      errors.push(...qualifiedName('spec.loadBalancerClass', spec.loadBalancerClass))
    return errors
  }
  if (spec.allocateLoadBalancerNodePorts !== undefined)
    errors.push(forbiddenField('spec.allocateLoadBalancerNodePorts', onlyForLoadBalancers))
  if (spec.loadBalancerClass !== undefined) errors.push(forbiddenField('spec.loadBalancerClass', onlyForLoadBalancers))
  return errors
}

function validateTraffic(service: Service): FieldError[] {
  const { spec } = service
  const errors: FieldError[] = []
  if (isExternallyAccessible(service))
    errors.push(...oneOf('spec.externalTrafficPolicy', spec.externalTrafficPolicy, ['Cluster', 'Local']))
  else if (spec.externalTrafficPolicy)
    errors.push(
      invalidValue(
        'spec.externalTrafficPolicy',
        spec.externalTrafficPolicy,
        'may only be set for externally-accessible services',
      ),
    )
  errors.push(...validateHealthCheckPort(service))
  if (spec.internalTrafficPolicy !== undefined || spec.type !== 'ExternalName')
    errors.push(...oneOf('spec.internalTrafficPolicy', spec.internalTrafficPolicy, ['Cluster', 'Local']))
  const distributions = ['PreferClose', 'PreferSameZone', 'PreferSameNode']
  return [...errors, ...optionalOneOf('spec.trafficDistribution', spec.trafficDistribution, distributions)]
}

function validateHealthCheckPort(service: Service): FieldError[] {
  const field = 'spec.healthCheckNodePort'
  const { healthCheckNodePort } = service.spec
  if (needsHealthCheck(service)) return healthCheckNodePort ? portNumber(field, healthCheckNodePort) : [required(field)]
  if (!healthCheckNodePort) return []
  return [
    invalidValue(
      field,
      healthCheckNodePort,
      "may only be set when `type` is 'LoadBalancer' and `externalTrafficPolicy` is 'Local'",
    ),
  ]
}

const types = ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort']

const validateSpec = (service: Service, old?: Service): FieldError[] => [
  ...validateAnnotations(service),
  ...validateType(service),
  ...validatePorts(service),
  ...validateLabels(service.spec.selector, 'spec.selector'),
  ...validateAffinity(service),
  ...validateClusterIPs(service, old),
  ...validateExternalIPs(service, old),
  ...oneOf('spec.type', service.spec.type, types),
  ...validateSourceRanges(service, old),
  ...validateLoadBalancer(service, old),
  ...validateTraffic(service),
]

export const validate = (service: Service): FieldError[] => validateSpec(service)

export function validateUpdate(service: Service, old: Service): FieldError[] {
  const errors = validateFamilyChange(service, old)
  if (
    needsHealthCheck(old) &&
    needsHealthCheck(service) &&
    old.spec.healthCheckNodePort !== service.spec.healthCheckNodePort
  )
    errors.push(forbiddenField('spec.healthCheckNodePort', 'field is immutable'))
  return [...errors, ...validateSpec(service, old)]
}

export function validateStatusUpdate({ spec, status }: Service, old: Service): FieldError[] {
  const field = 'status.loadBalancer.ingress'
  const ingress = status?.loadBalancer?.ingress ?? []
  if (spec.type !== 'LoadBalancer' && ingress.length > 0)
    return [forbiddenField(field, "may only be used when `spec.type` is 'LoadBalancer'")]
  const kept = (old.status?.loadBalancer?.ingress ?? []).flatMap(({ ip }) => (ip ? [ip] : []))
  return ingress.flatMap(({ ip, ipMode, hostname }, i) => {
    const at = `${field}[${i}]`
    const errors = ip ? validateIP(`${at}.ip`, ip, kept) : []
    if (ip && ipMode === undefined) errors.push(required(`${at}.ipMode`, 'must be specified when `ip` is set'))
    else if (!ip && ipMode !== undefined)
      errors.push(forbiddenField(`${at}.ipMode`, 'may not be specified when `ip` is not set'))
    else if (ipMode !== undefined && !['Proxy', 'VIP'].includes(ipMode))
      errors.push(notSupported(`${at}.ipMode`, ipMode, ['Proxy', 'VIP']))
    if (hostname) {
      errors.push(...invalidEach(`${at}.hostname`, hostname, validateDns1123Subdomain(hostname)))
      if (isIPv6(hostname) || /^\d+(\.\d+){3}$/.test(hostname))
        errors.push(invalidValue(`${at}.hostname`, hostname, 'must be a DNS name, not an IP address'))
    }
    return errors
  })
}
