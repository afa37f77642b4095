import type { KubernetesObject, OwnerReference, ResourceDefinition } from '@tandem/apimachinery'

export const foregroundDeletion = 'foregroundDeletion'
export const orphanDependents = 'orphan'

/** One object, or one that somebody names as its owner and that was not seen yet. */
export interface GraphNode {
  readonly uid: string
  /** Undefined while all that is known of its kind is what a reference says. */
  definition: ResourceDefinition<KubernetesObject> | undefined
  apiVersion: string
  kind: string
  namespace: string | undefined
  name: string
  owners: readonly OwnerReference[]
  readonly dependents: Set<GraphNode>
  beingDeleted: boolean
  /** It waits until those of its dependents are gone that block it. */
  deletingDependents: boolean
  /** Not seen yet: is it there at all? */
  virtual: boolean
}

/** What a change calls for. */
export interface GraphWork {
  /** Look whether these should be deleted. */
  inspect: readonly GraphNode[]
  /** Free the dependents of this one, then let it go. */
  orphan?: GraphNode
}

/** Who owns whom, by uid, in the whole cluster. Pure bookkeeping: what to do about it is others' business. */
export class OwnershipGraph {
  readonly #nodes = new Map<string, GraphNode>()

  get(uid: string): GraphNode | undefined {
    return this.#nodes.get(uid)
  }

  get size(): number {
    return this.#nodes.size
  }

  /** An object was added or changed. */
  observe(definition: ResourceDefinition<KubernetesObject>, object: KubernetesObject): GraphWork {
    const { uid, namespace, name, ownerReferences = [], deletionTimestamp, finalizers = [] } = object.metadata
    const known = this.#nodes.get(uid)
    const node = known ?? newNode({ uid, namespace, name })
    this.#nodes.set(uid, node)
    const before = known?.owners ?? []
    const wasDeletingDependents = node.deletingDependents
    Object.assign(node, { definition, kind: definition.kind, namespace, name, owners: ownerReferences, virtual: false })
    node.beingDeleted = deletionTimestamp !== undefined
    node.deletingDependents = node.beingDeleted && finalizers.includes(foregroundDeletion)

    const missing = this.#link(node, before)
    const inspect = new Set<GraphNode>(missing)
    for (const owner of this.#unblocked(before, ownerReferences)) inspect.add(owner)
    if (this.#hasUnsoundOwner(node)) inspect.add(node)
    if (known && before.length > ownerReferences.length) inspect.add(node)
    if (node.deletingDependents && !wasDeletingDependents) {
      inspect.add(node)
      for (const dependent of node.dependents) inspect.add(dependent)
    }
    const orphan = node.beingDeleted && finalizers.includes(orphanDependents) ? node : undefined
    return { inspect: [...inspect], ...(orphan && { orphan }) }
  }

  /** An object is gone, or turned out never to have been. */
  remove(uid: string): GraphWork {
    const node = this.#nodes.get(uid)
    if (!node) return { inspect: [] }
    this.#nodes.delete(uid)
    const inspect = new Set<GraphNode>(node.dependents)
    for (const { uid: ownerUid } of node.owners) {
      const owner = this.#nodes.get(ownerUid)
      if (!owner) continue
      owner.dependents.delete(node)
      if (owner.deletingDependents) inspect.add(owner)
      // A name that nobody refers to any more is not worth keeping.
      if (owner.virtual && owner.dependents.size === 0) this.#nodes.delete(ownerUid)
    }
    return { inspect: [...inspect] }
  }

  /** Owners that block on nothing here any more, because the reference or its blocking is gone. */
  #unblocked(before: readonly OwnerReference[], after: readonly OwnerReference[]): GraphNode[] {
    const blocking = new Set(after.filter(({ blockOwnerDeletion }) => blockOwnerDeletion).map(({ uid }) => uid))
    return before
      .filter(({ uid, blockOwnerDeletion }) => blockOwnerDeletion && !blocking.has(uid))
      .flatMap(({ uid }) => this.#nodes.get(uid) ?? [])
      .filter(({ deletingDependents }) => deletingDependents)
  }

  /** An owner that waits for its dependents to go, or that lives in another namespace and so cannot be an owner. */
  #hasUnsoundOwner(node: GraphNode): boolean {
    return node.owners.some(({ uid }) => {
      const owner = this.#nodes.get(uid)
      const isElsewhere = owner?.namespace !== undefined && !owner.virtual && owner.namespace !== node.namespace
      return owner?.deletingDependents || isElsewhere
    })
  }

  /** Puts a node under its owners; answers those that had to be invented for it. */
  #link(node: GraphNode, before: readonly OwnerReference[]): GraphNode[] {
    const uids = new Set(node.owners.map(({ uid }) => uid))
    for (const { uid } of before) {
      if (!uids.has(uid)) this.#nodes.get(uid)?.dependents.delete(node)
    }
    const invented: GraphNode[] = []
    for (const { uid, apiVersion, kind, name } of node.owners) {
      let owner = this.#nodes.get(uid)
      if (!owner) {
        owner = { ...newNode({ uid, namespace: node.namespace, name }), apiVersion, kind, virtual: true }
        this.#nodes.set(uid, owner)
        invented.push(owner)
      }
      owner.dependents.add(node)
    }
    return invented
  }
}

const newNode = ({
  uid,
  namespace,
  name,
}: {
  uid: string
  namespace: string | undefined
  name: string
}): GraphNode => ({
  uid,
  definition: undefined,
  apiVersion: '',
  kind: '',
  namespace,
  name,
  owners: [],
  dependents: new Set(),
  beingDeleted: false,
  deletingDependents: false,
  virtual: false,
})

/** Dependents that an owner being deleted in the foreground must wait for. */
export const blockingDependents = (node: GraphNode): GraphNode[] =>
  [...node.dependents].filter(({ owners }) =>
    owners.some(({ uid, blockOwnerDeletion }) => uid === node.uid && blockOwnerDeletion),
  )
