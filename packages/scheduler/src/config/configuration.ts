import { UsageError } from '@tandem/component-base/flags/index'
import { extensionPoints } from '../framework/plugin.ts'
import type { PluginSet, ProfileConfiguration } from './profile.ts'
import { fieldsOf, listOf, optionalInt, text } from './reading.ts'

/** Reads `profiles` of a KubeSchedulerConfiguration strictly. Without any there is the default one. Throws UsageError. */
export function readProfiles(value: unknown, defaultName: string): ProfileConfiguration[] {
  const profiles = listOf(value, 'profiles').map((profile, index) => readProfile(profile, `profiles[${index}]`))
  if (profiles.length === 0) return [{ schedulerName: defaultName }]
  // Only a profile that is alone needs no name.
  const named = profiles.map(({ schedulerName = profiles.length === 1 ? defaultName : '', ...rest }) => ({
    schedulerName,
    ...rest,
  }))
  const seen = new Set<string>()
  for (const [index, { schedulerName }] of named.entries()) {
    if (schedulerName === '') throw new UsageError(`profiles[${index}].schedulerName: Required value`)
    if (seen.has(schedulerName))
      throw new UsageError(`profiles[${index}].schedulerName: Duplicate value: ${JSON.stringify(schedulerName)}`)
    seen.add(schedulerName)
  }
  const sorts = new Set(named.map(({ plugins }) => JSON.stringify(plugins?.queueSort ?? {})))
  if (sorts.size > 1) throw new UsageError('profiles: plugins.queueSort must be the same for all profiles')
  return named
}

function readProfile(
  value: unknown,
  path: string,
): Omit<ProfileConfiguration, 'schedulerName'> & { schedulerName?: string } {
  const fields = fieldsOf(value, path, ['schedulerName', 'percentageOfNodesToScore', 'plugins', 'pluginConfig'])
  const percentage = optionalInt(fields.percentageOfNodesToScore, `${path}.percentageOfNodesToScore`)
  if (percentage !== undefined && (percentage < 0 || percentage > 100))
    throw new UsageError(`${path}.percentageOfNodesToScore: Invalid value: ${percentage}: not in valid range [0-100]`)
  return {
    ...(fields.schedulerName === undefined
      ? {}
      : { schedulerName: text(fields.schedulerName, `${path}.schedulerName`) }),
    ...(percentage === undefined ? {} : { percentageOfNodesToScore: percentage }),
    plugins: readPlugins(fields.plugins, `${path}.plugins`),
    pluginConfig: listOf(fields.pluginConfig, `${path}.pluginConfig`).map((entry, index) => {
      const own = `${path}.pluginConfig[${index}]`
      const { name, args } = fieldsOf(entry, own, ['name', 'args'])
      return { name: text(name, `${own}.name`), args: fieldsOf(args, `${own}.args`) }
    }),
  }
}

function readPlugins(value: unknown, path: string): NonNullable<ProfileConfiguration['plugins']> {
  const points = fieldsOf(value, path, [...extensionPoints, 'multiPoint'])
  return Object.fromEntries(Object.entries(points).map(([point, set]) => [point, readSet(set, `${path}.${point}`)]))
}

function readSet(value: unknown, path: string): PluginSet {
  const { enabled, disabled } = fieldsOf(value, path, ['enabled', 'disabled'])
  return {
    enabled: listOf(enabled, `${path}.enabled`).map((entry, index) => {
      const own = `${path}.enabled[${index}]`
      const { name, weight } = fieldsOf(entry, own, ['name', 'weight'])
      const given = optionalInt(weight, `${own}.weight`)
      return { name: text(name, `${own}.name`), ...(given === undefined ? {} : { weight: given }) }
    }),
    disabled: listOf(disabled, `${path}.disabled`).map((entry, index) => {
      const own = `${path}.disabled[${index}]`
      return { name: text(fieldsOf(entry, own, ['name']).name, `${own}.name`) }
    }),
  }
}
