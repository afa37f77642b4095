import { containerResourceValue, podFieldValue } from '@tandem/api/core/v1/downward-api'
import type { ConfigMap, Container, EnvFromSource, EnvVar, Pod, Secret, Service } from '@tandem/api/core/v1/types'
import { expandVariables } from '@tandem/api/core/v1/variable-expansion'
import { serviceEnvironment, visibleServices } from './service-environment.ts'

/** What a container's environment is made of besides its own spec. */
export interface EnvironmentSources {
  services: readonly Service[]
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>
  secret(namespace: string, name: string): Promise<Secret | undefined>
  allocatable: Readonly<Record<string, string>>
}

/** Something the environment refers to is missing: waiting reason CreateContainerConfigError. */
export class EnvironmentError extends Error {
  readonly code = 'CreateContainerConfigError'
}

/**
 * The environment of one container: Services, then envFrom, then env, each able to replace what came before and to refer to it.
 * The pod must carry its addresses in status.
 */
export async function containerEnvironment(
  container: Container,
  pod: Pod,
  sources: EnvironmentSources,
): Promise<{ name: string; value: string }[]> {
  const result = new Map<string, string>()
  const own = new Map<string, string>()
  for (const source of container.envFrom ?? []) {
    for (const [name, value] of await valuesFrom(source, pod, sources)) own.set(name, value)
  }
  const services = new Map(
    serviceEnvironment(visibleServices(pod, sources.services)).map(({ name, value }) => [name, value]),
  )
  for (const variable of container.env ?? []) {
    const value = await variableValue(variable, { container, pod, sources, known: new Map([...services, ...own]) })
    if (value !== undefined) own.set(variable.name, value)
  }
  for (const [name, value] of [...services, ...own]) result.set(name, value)
  return [...result].map(([name, value]) => ({ name, value }))
}

async function valuesFrom(
  { prefix = '', configMapRef, secretRef }: EnvFromSource,
  pod: Pod,
  sources: EnvironmentSources,
): Promise<[string, string][]> {
  const namespace = pod.metadata.namespace ?? ''
  if (configMapRef) {
    const configMap = await sources.configMap(namespace, configMapRef.name ?? '')
    if (!configMap && !configMapRef.optional) throw new EnvironmentError(`configmap "${configMapRef.name}" not found`)
    return Object.entries(configMap?.data ?? {}).map(([name, value]) => [prefix + name, value])
  }
  if (secretRef) {
    const secret = await sources.secret(namespace, secretRef.name ?? '')
    if (!secret && !secretRef.optional) throw new EnvironmentError(`secret "${secretRef.name}" not found`)
    return Object.entries(secret?.data ?? {}).map(([name, value]) => [prefix + name, decode(value)])
  }
  return []
}

const decode = (base64: string): string => Buffer.from(base64, 'base64').toString()

interface ValueContext {
  container: Container
  pod: Pod
  sources: EnvironmentSources
  known: ReadonlyMap<string, string>
}

/** Undefined when an optional source has no value: the variable is then not set at all. */
async function variableValue({ value, valueFrom }: EnvVar, context: ValueContext): Promise<string | undefined> {
  if (!valueFrom) return expandVariables(value ?? '', context.known)
  const { pod, container, sources } = context
  const namespace = pod.metadata.namespace ?? ''
  const { fieldRef, resourceFieldRef, configMapKeyRef, secretKeyRef } = valueFrom
  if (fieldRef) return podFieldValue(pod, fieldRef.fieldPath)
  if (resourceFieldRef) {
    const named = resourceFieldRef.containerName
    const target = named
      ? [...pod.spec.containers, ...(pod.spec.initContainers ?? [])].find(({ name }) => name === named)
      : container
    if (!target) throw new EnvironmentError(`container ${named} not found`)
    return containerResourceValue(target, resourceFieldRef, sources.allocatable)
  }
  if (configMapKeyRef) {
    const { name, key, optional } = configMapKeyRef
    const configMap = await sources.configMap(namespace, name ?? '')
    if (!configMap && !optional) throw new EnvironmentError(`configmap "${name}" not found`)
    const found = configMap?.data?.[key]
    if (found === undefined && !optional)
      throw new EnvironmentError(`couldn't find key ${key} in ConfigMap ${namespace}/${name}`)
    return found
  }
  if (secretKeyRef) {
    const { name, key, optional } = secretKeyRef
    const secret = await sources.secret(namespace, name ?? '')
    if (!secret && !optional) throw new EnvironmentError(`secret "${name}" not found`)
    const found = secret?.data?.[key]
    if (found === undefined && !optional)
      throw new EnvironmentError(`couldn't find key ${key} in Secret ${namespace}/${name}`)
    return found === undefined ? undefined : decode(found)
  }
  return undefined
}
