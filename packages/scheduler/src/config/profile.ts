import { UsageError } from '@tandem/component-base/flags/index'
import { type ExtensionPoint, extensionPoints, type Plugin } from '../framework/plugin.ts'

/** One way of scheduling, chosen by pods by its name: a profile of KubeSchedulerConfiguration. */
export interface ProfileConfiguration {
  schedulerName: string
  percentageOfNodesToScore?: number
  plugins?: Partial<Record<ExtensionPoint | 'multiPoint', PluginSet>>
  pluginConfig?: readonly { name: string; args?: Record<string, unknown> }[]
}

export interface PluginSet {
  enabled?: readonly { name: string; weight?: number }[]
  disabled?: readonly { name: string }[]
}

/** Which plugins run at each extension point, in order, and how much each one's score counts. */
export interface PluginsByPoint {
  readonly at: Readonly<Record<ExtensionPoint, readonly Plugin[]>>
  readonly weights: Readonly<Record<string, number>>
}

/** Plugins that run at every point at which they have something to say. */
export const everywhere = (plugins: readonly Plugin[]): PluginsByPoint => ({ at: byPoint(() => plugins), weights: {} })

const byPoint = (pluginsAt: (point: ExtensionPoint) => readonly Plugin[]): PluginsByPoint['at'] =>
  Object.fromEntries(extensionPoints.map((point) => [point, pluginsAt(point)])) as PluginsByPoint['at']

/**
 * The plugins of a profile: those of the default profile and of `multiPoint` at every point, changed by what the profile says of one
 * point. `*` disables all defaults. Throws UsageError for plugins that do not exist and for arguments they do not take.
 */
export function pluginsOf(profile: ProfileConfiguration, defaults: readonly Plugin[]): PluginsByPoint {
  const sets = profile.plugins ?? {}
  const configured = configure(profile, defaults)
  const find = (name: string): Plugin => {
    const plugin = configured.get(name)
    if (!plugin) throw new UsageError(`profile ${profile.schedulerName}: plugin ${JSON.stringify(name)} does not exist`)
    return plugin
  }
  const general = merge(
    defaults.map(({ name }) => name),
    sets.multiPoint,
  )
  const at = byPoint((point) => {
    const { enabled = [], disabled = [] } = sets[point] ?? {}
    const own = enabled.map(({ name }) => name)
    for (const plugin of own.map(find))
      if (!has(plugin, point))
        throw new UsageError(`profile ${profile.schedulerName}: plugin ${plugin.name} does not extend ${point} plugin`)
    // Of the general ones those come first that are named here once more; those named only here come last.
    const kept = merge(general, { disabled })
    return [...new Set([...own.filter((name) => general.includes(name)), ...kept, ...own])].map(find)
  })
  return { at, weights: weightsOf(sets) }
}

/** Extenders that bind are asked before plugins are. */
export const withBinders = ({ at, weights }: PluginsByPoint, binders: readonly Plugin[]): PluginsByPoint => ({
  at: { ...at, bind: [...binders, ...at.bind] },
  weights,
})

const methods: Readonly<Partial<Record<ExtensionPoint, keyof Plugin>>> = { queueSort: 'sort' }

/** Has the plugin anything to say there? */
export const has = (plugin: Plugin, point: ExtensionPoint): boolean =>
  plugin[methods[point] ?? (point as keyof Plugin)] !== undefined

/** Plugins that are enabled once more keep their place among the defaults; others follow. */
function merge(defaults: readonly string[], { enabled = [], disabled = [] }: PluginSet = {}): string[] {
  const off = new Set(disabled.map(({ name }) => name))
  const kept = off.has('*') ? [] : defaults.filter((name) => !off.has(name))
  return [...new Set([...kept, ...enabled.map(({ name }) => name)])]
}

/** A weight for the score alone wins over one for all points. */
function weightsOf({ multiPoint, score }: NonNullable<ProfileConfiguration['plugins']>): Record<string, number> {
  const given = [...(multiPoint?.enabled ?? []), ...(score?.enabled ?? [])]
  return Object.fromEntries(given.flatMap(({ name, weight }) => (weight ? [[name, weight]] : [])))
}

function configure(
  { schedulerName, pluginConfig = [] }: ProfileConfiguration,
  plugins: readonly Plugin[],
): Map<string, Plugin> {
  const byName = new Map(plugins.map((plugin) => [plugin.name, plugin]))
  for (const { name, args = {} } of pluginConfig) {
    const plugin = byName.get(name)
    if (!plugin?.configure)
      throw new UsageError(`profile ${schedulerName}: pluginConfig: plugin ${JSON.stringify(name)} takes no arguments`)
    const { apiVersion: _, kind = `${name}Args`, ...own } = args
    if (kind !== `${name}Args`)
      throw new UsageError(`profile ${schedulerName}: pluginConfig: args of ${name} have to match plugin args`)
    byName.set(name, plugin.configure(own))
  }
  return byName
}
