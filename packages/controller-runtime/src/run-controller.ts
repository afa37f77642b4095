import {
  type AnyResourceDefinition,
  controllerOf,
  type KubernetesObject,
  keyOf,
  type ObjectKey,
  parseApiVersion,
  parseKey,
} from '@tandem/apimachinery'
import { type Informer, WorkQueue } from '@tandem/client'
import type { Controller, ControllerContext, Watch } from './controller.ts'
import type { ControllerMetrics } from './controller-metrics.ts'
import { TerminalError } from './terminal-error.ts'

const defaultConcurrency = 5

export interface RunControllerOptions {
  /** How many keys at once, where the user says so. */
  concurrency?: number | undefined
  metrics?: ControllerMetrics | undefined
}

/** The context without `enqueue`, which each controller has of its own. */
export type SharedContext = Omit<ControllerContext, 'enqueue'>

/** Runs one controller until its signal aborts; what is under way then is finished first. */
export async function runController<T extends KubernetesObject>(
  controller: Controller<T>,
  shared: SharedContext,
  { concurrency = controller.concurrency ?? defaultConcurrency, metrics }: RunControllerOptions = {},
): Promise<void> {
  const { clock, signal } = shared
  const timings = metrics?.forController(controller.name)
  const queue = new WorkQueue({ clock, ...(timings && { onTaken: timings.taken }) })
  const enqueue = (key: ObjectKey, afterMs = 0) => {
    timings?.added()
    queue.addAfter(keyOf(key), afterMs)
    timings?.depth(queue.length)
  }
  const context: ControllerContext = { ...shared, enqueue }
  await controller.setup?.(context)
  const removeHandlers = subscribe(controller, context)
  const stop = () => queue.shutDown()
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  await Promise.race([allSynced(controller, context), aborted(signal)])
  try {
    await Promise.all(Array.from({ length: concurrency }, () => work(controller, { context, queue, timings })))
  } finally {
    signal.removeEventListener('abort', stop)
    for (const remove of removeHandlers) remove()
  }
}

interface Worker {
  context: ControllerContext
  queue: WorkQueue
  timings: ReturnType<ControllerMetrics['forController']> | undefined
}

async function work<T extends KubernetesObject>(
  controller: Controller<T>,
  { context, queue, timings }: Worker,
): Promise<void> {
  const { clock, signal } = context
  for (let key = await queue.get(); key !== undefined; key = await queue.get()) {
    if (signal.aborted) return
    timings?.depth(queue.length)
    const startedAt = clock.monotonic()
    const outcome = await attempt(controller, { key, context, queue })
    timings?.worked(clock.monotonic() - startedAt, outcome)
    queue.done(key)
  }
}

type Outcome = 'success' | 'requeue_after' | 'error'

/** The whole policy: what becomes of a key after one reconcile. */
async function attempt<T extends KubernetesObject>(
  controller: Controller<T>,
  { key, context, queue }: { key: string; context: ControllerContext; queue: WorkQueue },
): Promise<Outcome> {
  try {
    const result = await controller.reconcile(parseKey(key), context)
    queue.forget(key)
    if (result?.requeueAfter === undefined) return 'success'
    queue.addAfter(key, result.requeueAfter)
    return 'requeue_after'
  } catch (error) {
    if (context.signal.aborted) return 'error'
    const fields = { key, error }
    if (error instanceof TerminalError) {
      queue.forget(key)
      context.logger.error(fields, 'reconcile failed for good')
    } else {
      // Conflicts and the like are everyday business of optimistic locking: loud only when they go on.
      if (queue.failures(key) < 5) context.logger.debug(fields, 'reconcile failed')
      else context.logger.error({ ...fields, failures: queue.failures(key) }, 'reconcile keeps failing')
      queue.addRateLimited(key)
    }
    return 'error'
  }
}

function subscribe<T extends KubernetesObject>(controller: Controller<T>, context: ControllerContext): (() => void)[] {
  const { enqueue, informer } = context
  const ownInformer = informer(controller.for)
  const own = ownInformer.addHandler({
    added: ({ metadata }) => enqueue(metadata),
    updated: ({ metadata }) => enqueue(metadata),
    deleted: ({ metadata }) => enqueue(metadata),
  })
  const ownerKey = (object: KubernetesObject): ObjectKey | undefined => {
    const owner = controllerOf(object)
    if (owner?.kind !== controller.for.kind || parseApiVersion(owner.apiVersion).group !== controller.for.group)
      return undefined
    return {
      namespace: controller.for.scope === 'Namespaced' ? object.metadata.namespace : undefined,
      name: owner.name,
    }
  }
  const owned = (controller.owns ?? []).map((resource) => {
    const note = (object: KubernetesObject) => {
      const key = ownerKey(object)
      if (key) enqueue(key)
    }
    return anyInformer(context, resource).addHandler({
      added: note,
      updated: (object, old) => {
        note(object)
        if (controllerOf(old)?.uid !== controllerOf(object)?.uid) note(old)
      },
      deleted: note,
    })
  })
  const watched = (controller.watches ?? []).map((watch) => watchOther(watch, context))
  return [own, ...owned, ...watched]
}

function watchOther(watch: Watch, context: ControllerContext): () => void {
  const note = (object: never) => {
    for (const key of watch.keys(object, context)) context.enqueue(key)
  }
  return context.informer(watch.resource).addHandler({
    added: note,
    updated: (object, old) => {
      note(object)
      note(old)
    },
    deleted: note,
  })
}

/** For what is true of every object: its metadata. */
const anyInformer = ({ informer }: ControllerContext, resource: AnyResourceDefinition): Informer<KubernetesObject> =>
  informer(resource) as unknown as Informer<KubernetesObject>

async function allSynced<T extends KubernetesObject>(
  controller: Controller<T>,
  context: ControllerContext,
): Promise<void> {
  const resources = [
    controller.for,
    ...(controller.owns ?? []),
    ...(controller.watches ?? []).map(({ resource }) => resource),
  ]
  await Promise.all(resources.map((resource) => anyInformer(context, resource).synced))
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve()
    else signal.addEventListener('abort', () => resolve(), { once: true })
  })
