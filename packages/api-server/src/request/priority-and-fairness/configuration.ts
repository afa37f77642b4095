import { danglingCondition, flowSchemas } from '@tandem/api/flowcontrol/v1/flowschema'
import { priorityLevelConfigurations } from '@tandem/api/flowcontrol/v1/prioritylevelconfiguration'
import type { FlowSchema, FlowSchemaCondition, PriorityLevelConfiguration } from '@tandem/api/flowcontrol/v1/types'
import { isConflict, isNotFound } from '@tandem/apimachinery'
import { type FollowOptions, follow } from '../../follow.ts'
import type { Resources } from '../../resources.ts'
import type { Dispatcher } from './dispatcher.ts'

const adjustEvery = 10_000
// Several servers that disagree must not write against each other for ever.
const mostWritesAMinute = 6

/** Keeps the dispatcher at what the objects say, and says in each FlowSchema whether its level is there. Resolves when it is current. */
export async function followConfiguration(
  dispatcher: Dispatcher,
  resources: Resources,
  options: FollowOptions,
): Promise<void> {
  const levels = new Map<string, PriorityLevelConfiguration>()
  const schemas = new Map<string, FlowSchema>()
  const writes = new RecentWrites()
  let due = false
  let synced = false
  const digest = () => {
    due = false
    if (options.signal.aborted) return
    dispatcher.configure([...levels.values()], [...schemas.values()])
    for (const schema of schemas.values()) void tellDangling(schema)
  }
  // Objects change in crowds: one look at all of them does.
  const changed = () => {
    if (due || !synced) return
    due = true
    options.clock.after(0, digest)
  }

  const tellDangling = async (schema: FlowSchema) => {
    const { name } = schema.metadata
    const wanted = conditionOf(schema, dispatcher)
    if (isTold(schema, wanted) || !writes.allow(name, options.clock.now())) return
    try {
      await resources.store(flowSchemas).update(
        { name },
        (current = schema) => ({
          ...current,
          status: { conditions: [{ ...wanted, lastTransitionTime: rfc3339(options.clock.now()) }] },
        }),
        { subresource: 'status' },
      )
    } catch (error) {
      if (isNotFound(error) || isConflict(error) || options.signal.aborted) return
      options.logger.warn({ err: error, flowSchema: name }, 'failed to set a status.condition for FlowSchema')
    }
  }

  await Promise.all([
    follow(resources.store(priorityLevelConfigurations), collect(levels, changed), options),
    follow(resources.store(flowSchemas), collect(schemas, changed), options),
  ])
  synced = true
  digest()
  void adjustOn(dispatcher, options)
}

const collect = <T extends FlowSchema | PriorityLevelConfiguration>(objects: Map<string, T>, changed: () => void) => ({
  set(object: T) {
    objects.set(object.metadata.name, object)
    changed()
  },
  remove(object: T) {
    objects.delete(object.metadata.name)
    changed()
  },
})

async function adjustOn(dispatcher: Dispatcher, { clock, signal }: FollowOptions): Promise<void> {
  while (!signal.aborted) {
    await clock.sleep(adjustEvery, signal).catch(() => undefined)
    if (!signal.aborted) dispatcher.adjust()
  }
}

function conditionOf({ spec }: FlowSchema, dispatcher: Dispatcher): FlowSchemaCondition {
  const { name } = spec.priorityLevelConfiguration
  const start = `This FlowSchema references the PriorityLevelConfiguration object named "${name}"`
  return dispatcher.hasLevel(name)
    ? { type: danglingCondition, status: 'False', reason: 'Found', message: `${start} and it exists` }
    : {
        type: danglingCondition,
        status: 'True',
        reason: 'NotFound',
        message: `${start} but there is no such object`,
      }
}

const isTold = ({ status }: FlowSchema, { type, status: value, reason, message }: FlowSchemaCondition): boolean =>
  (status?.conditions ?? []).some(
    (told) => told.type === type && told.status === value && told.reason === reason && told.message === message,
  )

const rfc3339 = (milliseconds: number): string => new Date(milliseconds).toISOString().replace(/\.\d+Z$/, 'Z')

class RecentWrites {
  readonly #times = new Map<string, number[]>()

  allow(name: string, now: number): boolean {
    const recent = (this.#times.get(name) ?? []).filter((time) => time > now - 60_000)
    if (recent.length >= mostWritesAMinute) return false
    this.#times.set(name, [...recent, now])
    return true
  }
}
