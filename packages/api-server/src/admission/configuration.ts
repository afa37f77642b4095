import { readFile } from 'node:fs/promises'
import { load } from 'js-yaml'
import type { LimitedResource } from './resource-quota/check.ts'

/** What `--admission-control-config-file` says, for the plugins that can be configured. */
export interface AdmissionConfiguration {
  quotaLimitedResources?: readonly LimitedResource[]
}

interface PluginConfiguration {
  name?: string
  path?: string
  configuration?: Record<string, unknown>
}

export class AdmissionConfigurationError extends Error {
  readonly code = 'ADMISSION_CONFIGURATION'
}

const refuse = (what: string): never => {
  throw new AdmissionConfigurationError(`unable to read admission control configuration: ${what}`)
}

export async function readAdmissionConfiguration(path: string | undefined): Promise<AdmissionConfiguration> {
  return path ? parseAdmissionConfiguration(await readFile(path, 'utf8')) : {}
}

export function parseAdmissionConfiguration(text: string): AdmissionConfiguration {
  const file = load(text) as Record<string, unknown> | undefined
  if (file?.apiVersion !== 'apiserver.config.k8s.io/v1' || file.kind !== 'AdmissionConfiguration')
    return refuse('want apiserver.config.k8s.io/v1 AdmissionConfiguration')
  const plugins = Array.isArray(file.plugins) ? (file.plugins as PluginConfiguration[]) : []
  return Object.assign({}, ...plugins.map(configurationOf))
}

function configurationOf({ name, path, configuration }: PluginConfiguration): AdmissionConfiguration {
  if (name !== 'ResourceQuota') return refuse(`plugin ${JSON.stringify(name)} takes no configuration`)
  if (path || !configuration) return refuse('the configuration of ResourceQuota must be in the file itself')
  if (configuration.kind !== 'ResourceQuotaConfiguration') return refuse('want a ResourceQuotaConfiguration')
  const limited = configuration.limitedResources
  if (!Array.isArray(limited)) return {}
  for (const [index, { resource }] of (limited as Partial<LimitedResource>[]).entries())
    if (!resource) return refuse(`limitedResources[${index}].resource: Required value`)
  return { quotaLimitedResources: limited as LimitedResource[] }
}
