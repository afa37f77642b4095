import type { AdmissionPlugin } from './admission.ts'
import type { PluginContext } from './plugin-context.ts'

type CreatePlugin = (context: PluginContext) => AdmissionPlugin

/** The order in which writes are admitted: order is meaning. */
const plugins: readonly CreatePlugin[] = []

export function orderedPlugins(context: PluginContext): AdmissionPlugin[] {
  const { disableAdmissionPlugins = [] } = context.options
  return plugins.map((create) => create(context)).filter(({ name }) => !disableAdmissionPlugins.includes(name))
}
