import type { PluginsByPoint } from '../config/profile.ts'
import type { Rejection } from './framework.ts'
import type { Cycle, ExtensionPoint } from './plugin.ts'
import { failed, messageOf, type Status, unschedulable } from './status.ts'

/** A pod whose plugins may still be making up their minds. Aborted, with the reason as text, when they need not go on. */
export interface Waiting {
  cycle: Cycle
  nodeName: string
  signal: AbortSignal
}

const longestWaitMs = 15 * 60_000

/** What comes before binding, and binding itself. Throws nothing: an error is a status. */
export async function bindWith(
  at: PluginsByPoint['at'],
  { cycle, nodeName }: Pick<Waiting, 'cycle' | 'nodeName'>,
): Promise<Rejection | undefined> {
  for (const plugin of at.preBind) {
    const status = await attempt('PreBind', plugin.name, () => plugin.preBind?.(cycle, nodeName))
    if (!isPassed(status)) return { status, plugin: plugin.name }
  }
  for (const plugin of at.bind) {
    if (!plugin.bind) continue
    const status = await attempt('Bind', plugin.name, () => plugin.bind?.(cycle, nodeName))
    if (status?.code === 'Skip') continue
    return isPassed(status) ? undefined : { status, plugin: plugin.name }
  }
  return { status: failed(new Error('no plugin bound the pod')), plugin: '' }
}

/** All plugins begin at once, as upstream's do; whoever refuses first is heard. Undefined where nobody has to be waited for. */
export function permitWith(
  at: PluginsByPoint['at'],
  { cycle, nodeName, signal }: Waiting,
): Promise<Rejection | undefined> | undefined {
  const permits = at.permit.flatMap((plugin) => {
    if (!plugin.permit) return []
    const permit = attempt('Permit', plugin.name, () => plugin.permit?.(cycle, nodeName, signal))
    return [{ plugin: plugin.name, permit }]
  })
  return permits.length === 0 ? undefined : firstRefusal(permits, { cycle, signal })
}

async function firstRefusal(
  permits: readonly { plugin: string; permit: Promise<Status | undefined> }[],
  { cycle, signal }: Pick<Waiting, 'cycle' | 'signal'>,
): Promise<Rejection | undefined> {
  const end = Promise.withResolvers<Rejection>()
  const [first] = permits
  const timeout = cycle.handle.clock.after(longestWaitMs, () => {
    const plugin = first?.plugin ?? ''
    end.resolve({ status: unschedulable(`rejected due to timeout after waiting 15m0s at plugin ${plugin}`), plugin })
  })
  const abort = () => end.resolve({ status: unschedulable(String(signal.reason)), plugin: '' })
  signal.addEventListener('abort', abort, { once: true })
  if (signal.aborted) abort()
  for (const { plugin, permit } of permits)
    void permit.then((status) => isPassed(status) || end.resolve({ status, plugin }))
  try {
    return await Promise.race([end.promise, Promise.all(permits.map(({ permit }) => permit)).then(() => undefined)])
  } finally {
    timeout()
    signal.removeEventListener('abort', abort)
  }
}

const isPassed = (status: Status | undefined): status is undefined =>
  status === undefined || status.code === 'Success' || status.code === 'Skip'

type BindingPoint = Extract<ExtensionPoint, 'permit' | 'preBind' | 'bind'>

async function attempt(
  point: Capitalize<BindingPoint>,
  plugin: string,
  work: () => Promise<Status | undefined> | Status | undefined,
): Promise<Status | undefined> {
  try {
    const status = await work()
    return status?.code === 'Error' ? problemAt(point, plugin, status) : status
  } catch (error) {
    return problemAt(point, plugin, failed(error))
  }
}

const problemAt = (point: string, plugin: string, status: Status): Status => ({
  ...status,
  reasons: [`running ${point} plugin "${plugin}": ${messageOf(status)}`],
})
