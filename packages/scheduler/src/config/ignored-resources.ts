import type { ProfileConfiguration } from './profile.ts'
import { listOf } from './reading.ts'

const plugin = 'NodeResourcesFit'

/** The profile with resources that nodes need not have: those that an extender answers for alone. */
export function ignoring(profile: ProfileConfiguration, resources: readonly string[]): ProfileConfiguration {
  if (resources.length === 0) return profile
  const configured = profile.pluginConfig ?? []
  const { args = {} } = configured.find(({ name }) => name === plugin) ?? {}
  const ignoredResources = [...listOf(args.ignoredResources, 'args.ignoredResources'), ...resources]
  return {
    ...profile,
    pluginConfig: [
      ...configured.filter(({ name }) => name !== plugin),
      { name: plugin, args: { ...args, ignoredResources } },
    ],
  }
}
