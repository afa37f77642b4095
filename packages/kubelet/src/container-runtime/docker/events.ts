import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import type { Clock } from '@tandem/component-base'
import type Docker from 'dockerode'
import type { RuntimeEvent } from '../runtime.ts'
import { isInScope, readLabels, type Scope, scopeFilter } from './labels.ts'

interface EngineEvent {
  Action: string
  Actor: { ID: string; Attributes: Record<string, string> }
}

const types: Readonly<Record<string, 'started' | 'exited' | 'removed'>> = {
  start: 'started',
  die: 'exited',
  destroy: 'removed',
}

/** The longest pause between attempts to reach an engine that is away. */
const longestWait = 2000

/** The engine's event stream for one scope; it is opened again, with a relist, each time it breaks. */
export async function* engineEvents(options: {
  docker: Docker
  scope: Scope
  clock: Clock
  signal: AbortSignal
}): AsyncGenerator<RuntimeEvent> {
  const { docker, scope, clock, signal } = options
  let wait = 0
  while (!signal.aborted) {
    try {
      const filters = { type: ['container'], event: Object.keys(types), ...scopeFilter(scope) }
      const stream = (await docker.getEvents({ filters: JSON.stringify(filters) as never })) as Readable
      wait = 0
      const stop = () => stream.destroy()
      signal.addEventListener('abort', stop, { once: true })
      const lines = createInterface({ input: stream })
      // A connection that breaks has no end, only a close.
      const broken = () => lines.close()
      stream.on('close', broken).on('error', broken)
      try {
        yield { type: 'relist' }
        for await (const line of lines) {
          const event = runtimeEvent(JSON.parse(line) as EngineEvent, scope)
          if (event) yield event
        }
      } finally {
        signal.removeEventListener('abort', stop)
        stream.destroy()
      }
    } catch {
      // The engine is away, or went away; the next connection tells what was missed.
    }
    if (signal.aborted) return
    wait = Math.min(Math.max(wait * 2, 50), longestWait)
    await clock.sleep(wait, signal).catch(() => {})
  }
}

function runtimeEvent({ Action: action, Actor: actor }: EngineEvent, scope: Scope): RuntimeEvent | undefined {
  const type = types[action]
  if (!type || !isInScope(scope, actor.Attributes)) return undefined
  const { pod, sandbox } = readLabels(actor.Attributes)
  return { type, podUid: pod.uid, containerId: actor.ID, sandbox }
}
