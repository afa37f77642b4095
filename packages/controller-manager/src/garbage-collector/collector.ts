import {
  isConflict,
  isNotFound,
  type KubernetesObject,
  type OwnerReference,
  parseApiVersion,
  type ResourceDefinition,
} from '@tandem/apimachinery'
import { WorkQueue } from '@tandem/client'
import type { ControllerContext } from '@tandem/controller-runtime'
import {
  blockingDependents,
  foregroundDeletion,
  type GraphNode,
  type GraphWork,
  OwnershipGraph,
  orphanDependents,
} from './graph.ts'
import { judge, type OwnerState } from './verdict.ts'

type Definition = ResourceDefinition<KubernetesObject>

const workers = 20
const rememberedAbsences = 500

/** Deletes what has lost its owners, holds owners until what blocks them is gone, and frees dependents that are to stay. */
export class Collector {
  readonly #context: ControllerContext
  readonly #graph = new OwnershipGraph()
  readonly #inspections: WorkQueue
  readonly #orphanings: WorkQueue
  /** Owners known not to be where they are looked for, by namespace and uid: uids never come back. */
  readonly #absent = new Set<string>()
  #definitions = new Map<string, Definition>()

  constructor(context: ControllerContext) {
    this.#context = context
    this.#inspections = new WorkQueue({ clock: context.clock })
    this.#orphanings = new WorkQueue({ clock: context.clock })
  }

  /** What kinds there are now, so that references can be followed. */
  knows(definitions: readonly Definition[]): void {
    this.#definitions = new Map(definitions.map((definition) => [`${definition.group}/${definition.kind}`, definition]))
  }

  observe(definition: Definition, object: KubernetesObject): void {
    this.#enqueue(this.#graph.observe(definition, object))
  }

  removed(object: KubernetesObject): void {
    this.#remember(object.metadata)
    this.#enqueue(this.#graph.remove(object.metadata.uid))
  }

  async run(signal: AbortSignal): Promise<void> {
    const stop = () => {
      this.#inspections.shutDown()
      this.#orphanings.shutDown()
    }
    signal.addEventListener('abort', stop, { once: true })
    if (signal.aborted) stop()
    const inspect = Array.from({ length: workers }, () => this.#work(this.#inspections, (node) => this.#inspect(node)))
    const orphan = Array.from({ length: workers }, () => this.#work(this.#orphanings, (node) => this.#orphan(node)))
    await Promise.all([...inspect, ...orphan])
  }

  #enqueue({ inspect, orphan }: GraphWork): void {
    for (const { uid } of inspect) this.#inspections.add(uid)
    if (orphan) this.#orphanings.add(orphan.uid)
  }

  async #work(queue: WorkQueue, handle: (node: GraphNode) => Promise<void>): Promise<void> {
    const { logger, signal } = this.#context
    for (let uid = await queue.get(); uid !== undefined; uid = await queue.get()) {
      if (signal.aborted) return
      const node = this.#graph.get(uid)
      try {
        if (node) await handle(node)
        queue.forget(uid)
      } catch (error) {
        if (!isConflict(error) && !signal.aborted)
          logger.warn({ error, uid, kind: node?.kind, name: node?.name }, 'object could not be collected')
        queue.addRateLimited(uid)
      }
      queue.done(uid)
    }
  }

  async #inspect(node: GraphNode): Promise<void> {
    if (node.beingDeleted && !node.deletingDependents) return
    const live = await this.#read(node)
    if (live?.metadata.uid !== node.uid) {
      // Never there, gone without our seeing it, or another of the same name: its dependents have lost it.
      this.#remember(node)
      this.#enqueue(this.#graph.remove(node.uid))
      return
    }
    if (node.deletingDependents) return this.#continueForeground(node, live)
    const references = live.metadata.ownerReferences ?? []
    const owners = await Promise.all(
      references.map(async (reference) => ({ reference, state: await this.#stateOf(reference, node) })),
    )
    const verdict = judge({
      object: live,
      owners,
      hasDependents: node.dependents.size > 0,
      dependentIsDeletingDependents: [...node.dependents].some(({ deletingDependents }) => deletingDependents),
    })
    if (verdict.kind === 'keep') {
      if (verdict.drop.length > 0) await this.#dropReferences(node, live, verdict.drop)
      return
    }
    if (verdict.unblock) await this.#unblock(node, live)
    await this.#delete(node, live, verdict.policy)
  }

  async #continueForeground(node: GraphNode, live: KubernetesObject): Promise<void> {
    const blocking = blockingDependents(node)
    if (blocking.length === 0) return this.#removeFinalizer(node, live, foregroundDeletion)
    this.#enqueue({ inspect: blocking.filter(({ deletingDependents }) => !deletingDependents) })
  }

  async #stateOf(reference: OwnerReference, node: GraphNode): Promise<OwnerState> {
    const definition = this.#definitionOf(reference)
    if (!definition) throw new Error(`unable to get REST mapping for ${reference.apiVersion}/${reference.kind}.`)
    if (definition.scope === 'Namespaced' && !node.namespace) {
      this.#complain(node, reference)
      // A cluster-scoped object cannot name the namespace of such an owner: nobody knows whether it is there.
      return 'solid'
    }
    const namespace = definition.scope === 'Namespaced' ? node.namespace : undefined
    const coordinates = { namespace, uid: reference.uid }
    if (this.#absent.has(coordinatesKey(coordinates))) return 'absent'
    const owner = await this.#get(definition, { namespace, name: reference.name })
    if (owner?.metadata.uid !== reference.uid) {
      const known = this.#graph.get(reference.uid)
      if (known && !known.virtual && known.namespace !== namespace) this.#complain(node, reference)
      this.#remember(coordinates)
      return 'absent'
    }
    const { deletionTimestamp, finalizers = [] } = owner.metadata
    return deletionTimestamp && finalizers.includes(foregroundDeletion) ? 'waiting' : 'solid'
  }

  #complain(node: GraphNode, { apiVersion, kind, name, uid }: OwnerReference): void {
    const { definition, namespace } = node
    const reference = `[${apiVersion}/${kind}, namespace: ${namespace ?? ''}, name: ${name}, uid: ${uid}]`
    this.#context.recorder.record({
      object: {
        apiVersion: definition ? apiVersionText(definition) : node.apiVersion,
        kind: node.kind,
        ...(namespace && { namespace }),
        name: node.name,
        uid: node.uid,
      },
      type: 'Warning',
      reason: 'OwnerRefInvalidNamespace',
      message: `ownerRef ${reference} does not exist in namespace ${JSON.stringify(namespace ?? '')}`,
    })
  }

  #definitionOf({ apiVersion, kind }: { apiVersion: string; kind: string }): Definition | undefined {
    return this.#definitions.get(`${parseApiVersion(apiVersion).group}/${kind}`)
  }

  async #read(node: GraphNode): Promise<KubernetesObject | undefined> {
    const definition = node.definition ?? this.#definitionOf(node)
    if (!definition) throw new Error(`unable to get REST mapping for ${node.apiVersion}/${node.kind}.`)
    node.definition = definition
    const namespace = definition.scope === 'Namespaced' ? node.namespace : undefined
    if (definition.scope === 'Namespaced' && !namespace) return undefined
    return this.#get(definition, { namespace, name: node.name })
  }

  async #get(
    definition: Definition,
    key: { namespace: string | undefined; name: string },
  ): Promise<KubernetesObject | undefined> {
    try {
      return await this.#context.client.get(definition, key)
    } catch (error) {
      if (isNotFound(error)) return undefined
      throw error
    }
  }

  async #delete(
    node: GraphNode,
    live: KubernetesObject,
    propagationPolicy: 'Orphan' | 'Foreground' | 'Background',
  ): Promise<void> {
    const { definition } = node
    if (!definition) return
    const { uid, resourceVersion } = live.metadata
    await ignoreMissing(
      this.#context.client.delete(definition, live.metadata, {
        propagationPolicy,
        preconditions: { uid, resourceVersion },
      }),
    )
  }

  async #dropReferences(
    { definition }: GraphNode,
    { metadata }: KubernetesObject,
    uids: readonly string[],
  ): Promise<void> {
    const ownerReferences = (metadata.ownerReferences ?? []).filter(({ uid }) => !uids.includes(uid))
    await this.#patchMetadata(definition, metadata, { ownerReferences })
  }

  async #unblock({ definition }: GraphNode, { metadata }: KubernetesObject): Promise<void> {
    const ownerReferences = (metadata.ownerReferences ?? []).map((reference) => ({
      ...reference,
      blockOwnerDeletion: false,
    }))
    await this.#patchMetadata(definition, metadata, { ownerReferences })
  }

  async #removeFinalizer({ definition }: GraphNode, { metadata }: KubernetesObject, finalizer: string): Promise<void> {
    const finalizers = (metadata.finalizers ?? []).filter((other) => other !== finalizer)
    if (finalizers.length === metadata.finalizers?.length) return
    await this.#patchMetadata(definition, metadata, { finalizers })
  }

  async #patchMetadata(
    definition: Definition | undefined,
    { namespace, name, uid, resourceVersion }: KubernetesObject['metadata'],
    change: object,
  ): Promise<void> {
    if (!definition) return
    const body = { metadata: { uid, resourceVersion, ...change } }
    await ignoreMissing(this.#context.client.patch(definition, { namespace, name }, { type: 'merge', body }))
  }

  async #orphan(owner: GraphNode): Promise<void> {
    const live = await this.#read(owner)
    const isOrphaning = live?.metadata.uid === owner.uid && live.metadata.finalizers?.includes(orphanDependents)
    if (!live || !isOrphaning) return
    await Promise.all([...owner.dependents].map((dependent) => this.#free(dependent, owner)))
    await this.#removeFinalizer(owner, live, orphanDependents)
  }

  async #free(dependent: GraphNode, owner: GraphNode): Promise<void> {
    const live = await this.#read(dependent)
    if (live?.metadata.uid === dependent.uid) await this.#dropReferences(dependent, live, [owner.uid])
  }

  #remember(owner: Coordinates): void {
    this.#absent.add(coordinatesKey(owner))
    for (const oldest of this.#absent) {
      if (this.#absent.size <= rememberedAbsences) return
      this.#absent.delete(oldest)
    }
  }
}

interface Coordinates {
  namespace?: string | undefined
  uid: string
}

const coordinatesKey = ({ namespace = '', uid }: Coordinates): string => `${namespace}/${uid}`

const apiVersionText = ({ group, version }: Definition): string => (group ? `${group}/${version}` : version)

async function ignoreMissing(call: Promise<unknown>): Promise<void> {
  try {
    await call
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
