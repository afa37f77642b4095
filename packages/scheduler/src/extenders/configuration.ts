import { isExtendedResource } from '@tandem/api/core/v1/resource-name'
import { UsageError } from '@tandem/component-base/flags/index'
import { durationIn, fieldsOf, flagIn, listOf, optionalInt, text } from '../config/reading.ts'

/** A service that is asked where pods may run: an entry of `extenders` of a KubeSchedulerConfiguration. */
export interface ExtenderConfiguration {
  urlPrefix: string
  filterVerb?: string
  prioritizeVerb?: string
  preemptVerb?: string
  bindVerb?: string
  /** How much its scores count. */
  weight: number
  enableHTTPS: boolean
  tlsConfig?: ExtenderTls
  timeoutMs: number
  /** It knows nodes and pods by itself: only names are sent. */
  nodeCacheCapable: boolean
  /** It is asked only about pods that request one of these; of all pods where there are none. */
  managedResources: readonly { name: string; ignoredByScheduler: boolean }[]
  /** Pods are scheduled without it when it does not answer. */
  ignorable: boolean
}

export interface ExtenderTls {
  insecure: boolean
  serverName?: string
  certFile?: string
  keyFile?: string
  caFile?: string
  /** In base64, as YAML has them. */
  certData?: string
  keyData?: string
  caData?: string
}

const verbs = ['filterVerb', 'prioritizeVerb', 'preemptVerb', 'bindVerb'] as const
const tlsTexts = ['serverName', 'certFile', 'keyFile', 'caFile', 'certData', 'keyData', 'caData'] as const
const fields = [
  'urlPrefix',
  ...verbs,
  'weight',
  'enableHTTPS',
  'tlsConfig',
  'httpTimeout',
  'nodeCacheCapable',
  'managedResources',
  'ignorable',
]

/** Reads `extenders` strictly; those that may be ignored come last. Throws UsageError. */
export function readExtenders(value: unknown): ExtenderConfiguration[] {
  const extenders = listOf(value, 'extenders').map((extender, index) => readExtender(extender, `extenders[${index}]`))
  const binders = extenders.filter(({ bindVerb }) => bindVerb)
  if (binders.length > 1)
    throw new UsageError(
      `extenders: Invalid value: "found ${binders.length} extenders implementing bind": only one extender can implement bind`,
    )
  const seen = new Set<string>()
  for (const [index, { managedResources }] of extenders.entries())
    for (const [place, { name }] of managedResources.entries()) {
      if (seen.has(name))
        throw new UsageError(
          `extenders[${index}].managedResources[${place}].name: Invalid value: ${JSON.stringify(name)}: duplicate extender managed resource name`,
        )
      seen.add(name)
    }
  return extenders.sort((a, b) => Number(a.ignorable) - Number(b.ignorable))
}

function readExtender(value: unknown, path: string): ExtenderConfiguration {
  const given = fieldsOf(value, path, fields)
  const weight = optionalInt(given.weight, `${path}.weight`) ?? 0
  if (given.prioritizeVerb && weight <= 0)
    throw new UsageError(`${path}.weight: Invalid value: ${weight}: must have a positive weight applied to it`)
  const urlPrefix = text(given.urlPrefix, `${path}.urlPrefix`)
  if (!URL.canParse(urlPrefix)) throw new UsageError(`${path}.urlPrefix: must be a URL`)
  const timeout = { path: `${path}.httpTimeout`, min: 0, atLeast: 'zero or positive' }
  return {
    urlPrefix: urlPrefix.replace(/\/+$/, ''),
    ...textsIn(given, verbs, path),
    weight,
    enableHTTPS: flagIn(given.enableHTTPS, `${path}.enableHTTPS`),
    ...(given.tlsConfig ? { tlsConfig: readTls(given.tlsConfig, `${path}.tlsConfig`) } : {}),
    timeoutMs: (given.httpTimeout ? durationIn(given.httpTimeout, timeout) : 0) || 5000,
    nodeCacheCapable: flagIn(given.nodeCacheCapable, `${path}.nodeCacheCapable`),
    managedResources: listOf(given.managedResources, `${path}.managedResources`).map((resource, index) =>
      readResource(resource, `${path}.managedResources[${index}]`),
    ),
    ignorable: flagIn(given.ignorable, `${path}.ignorable`),
  }
}

function readResource(value: unknown, path: string): ExtenderConfiguration['managedResources'][number] {
  const given = fieldsOf(value, path, ['name', 'ignoredByScheduler'])
  const name = text(given.name, `${path}.name`)
  if (!isExtendedResource(name))
    throw new UsageError(`${path}.name: Invalid value: ${JSON.stringify(name)}: is an invalid extended resource name`)
  return { name, ignoredByScheduler: flagIn(given.ignoredByScheduler, `${path}.ignoredByScheduler`) }
}

function readTls(value: unknown, path: string): ExtenderTls {
  const given = fieldsOf(value, path, ['insecure', ...tlsTexts])
  return { insecure: flagIn(given.insecure, `${path}.insecure`), ...textsIn(given, tlsTexts, path) }
}

const textsIn = <Name extends string>(
  given: Record<string, unknown>,
  names: readonly Name[],
  path: string,
): Partial<Record<Name, string>> =>
  Object.fromEntries(
    names.flatMap((name) => (given[name] ? [[name, text(given[name], `${path}.${name}`)]] : [])),
  ) as Partial<Record<Name, string>>
