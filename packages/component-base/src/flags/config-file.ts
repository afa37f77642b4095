import { readFileSync } from 'node:fs'
import { load as parseYaml } from 'js-yaml'
import type { Flags } from './flag.ts'
import { configFlagValue, type FlagValue, UsageError } from './value.ts'

/** A component's configuration file: its `kind`, as `KubeSchedulerConfiguration`. */
export interface ConfigKind {
  apiVersion: string
  kind: string
}

/** Reads a `--config` file strictly: a field that stands for no flag is refused, as upstream refuses it. */
export function readConfigFile(
  path: string,
  { flags, config }: { flags: Flags; config: ConfigKind },
): Map<string, FlagValue> {
  let document: unknown
  try {
    document = parseYaml(readFileSync(path, 'utf8'))
  } catch (cause) {
    throw new UsageError(`config ${path} cannot be read: ${cause instanceof Error ? cause.message : cause}`, { cause })
  }
  const { apiVersion, kind, ...fields } = isMap(document) ? document : {}
  if (kind !== config.kind || apiVersion !== config.apiVersion) {
    throw new UsageError(`config ${path} must have apiVersion ${config.apiVersion} and kind ${config.kind}`)
  }
  const names = new Map(Object.entries(flags).map(([name, flag]) => [flag.config ?? camelCase(name), name]))
  const values = new Map<string, FlagValue>()
  const visit = (node: Record<string, unknown>, prefix: string) => {
    for (const [field, value] of Object.entries(node)) {
      const fieldPath = prefix + field
      const name = names.get(fieldPath)
      const flag = name === undefined ? undefined : flags[name]
      if (name !== undefined && flag) values.set(name, configFlagValue(fieldPath, flag, value))
      else if (isMap(value) && [...names.keys()].some((known) => known.startsWith(`${fieldPath}.`)))
        visit(value, `${fieldPath}.`)
      else throw new UsageError(`config ${path}: unknown field ${JSON.stringify(fieldPath)}`)
    }
  }
  visit(fields, '')
  return values
}

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** `cluster-cidr` is `clusterCIDR`: upstream's fields keep initialisms in capitals. */
export const camelCase = (name: string): string =>
  name
    .split('-')
    .map((word, index) => (index === 0 ? word : (initialisms[word] ?? word.charAt(0).toUpperCase() + word.slice(1))))
    .join('')

const initialisms: Readonly<Record<string, string>> = {
  cidr: 'CIDR',
  cidrs: 'CIDRs',
  dns: 'DNS',
  ip: 'IP',
  tls: 'TLS',
  id: 'ID',
}
