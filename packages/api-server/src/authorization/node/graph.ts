import { podReferences, type ReferencingPod } from './pod-references.ts'

/** What a node may read because a pod bound to it refers to it. */
export type VertexType =
  | 'configmap'
  | 'secret'
  | 'pvc'
  | 'pv'
  | 'serviceaccount'
  | 'pod'
  | 'volumeattachment'
  | 'resourceclaim'

export interface Vertex {
  type: VertexType
  namespace: string
  name: string
}

export const vertexKey = ({ type, namespace, name }: Vertex): string => `${type}:${namespace}/${name}`

/** Which node may see which object, through the pods bound to it. Counted, since several pods refer to one object. */
export class NodeGraph {
  readonly #pods = new Map<string, { node: string; vertices: string[] }>()
  readonly #nodesOf = new Map<string, Map<string, number>>()
  /** Volumes and their secrets by the claim that is bound to them. */
  readonly #behind = new Map<string, readonly Vertex[]>()
  readonly #claimsInUse = new Map<string, Map<string, number>>()

  has(node: string, vertex: Vertex): boolean {
    return this.#nodesOf.get(vertexKey(vertex))?.has(node) ?? false
  }

  setPod(pod: ReferencingPod): void {
    const { namespace = '', name } = pod.metadata
    const node = pod.spec?.nodeName
    this.removePod(pod)
    if (!node) return
    const ended = pod.status?.phase === 'Succeeded' || pod.status?.phase === 'Failed'
    // Mirror pods are the node's own: it must not give itself rights through them.
    const isMirror = pod.metadata.annotations?.['kubernetes.io/config.mirror'] !== undefined
    const found: Vertex[] = [{ type: 'pod', namespace, name }, ...(ended || isMirror ? [] : podReferences(pod))]
    const vertices = found.map(vertexKey)
    this.#pods.set(`${namespace}/${name}`, { node, vertices })
    for (const vertex of vertices) this.#add(vertex, node)
  }

  removePod({ metadata: { namespace = '', name } }: ReferencingPod): void {
    const key = `${namespace}/${name}`
    const known = this.#pods.get(key)
    if (!known) return
    this.#pods.delete(key)
    for (const vertex of known.vertices) this.#remove(vertex, known.node)
  }

  /** What a persistent volume brings to the nodes that use its claim: the volume itself and the secrets it names. */
  setVolume(claim: Vertex, behind: readonly Vertex[]): void {
    const key = vertexKey(claim)
    const nodes = [...(this.#claimsInUse.get(key) ?? [])]
    for (const [node, uses] of nodes) for (let i = 0; i < uses; i++) this.#removeBehind(key, node)
    this.#behind.set(key, behind)
    for (const [node, uses] of nodes) for (let i = 0; i < uses; i++) this.#addBehind(key, node)
  }

  /** Of a VolumeAttachment neither name nor node ever changes. */
  setAttachment(name: string, node: string): void {
    this.removeAttachment(name)
    this.#nodesOf.set(attachmentKey(name), new Map([[node, 1]]))
  }

  removeAttachment(name: string): void {
    this.#nodesOf.delete(attachmentKey(name))
  }

  clear(): void {
    this.#pods.clear()
    this.#nodesOf.clear()
    this.#behind.clear()
    this.#claimsInUse.clear()
  }

  #add(vertex: string, node: string): void {
    count(this.#nodesOf, vertex, node, 1)
    if (!vertex.startsWith('pvc:')) return
    count(this.#claimsInUse, vertex, node, 1)
    this.#addBehind(vertex, node)
  }

  #remove(vertex: string, node: string): void {
    count(this.#nodesOf, vertex, node, -1)
    if (!vertex.startsWith('pvc:')) return
    count(this.#claimsInUse, vertex, node, -1)
    this.#removeBehind(vertex, node)
  }

  #addBehind(claim: string, node: string): void {
    for (const vertex of this.#behind.get(claim) ?? []) count(this.#nodesOf, vertexKey(vertex), node, 1)
  }

  #removeBehind(claim: string, node: string): void {
    for (const vertex of this.#behind.get(claim) ?? []) count(this.#nodesOf, vertexKey(vertex), node, -1)
  }
}

const attachmentKey = (name: string): string => vertexKey({ type: 'volumeattachment', namespace: '', name })

function count(counts: Map<string, Map<string, number>>, key: string, node: string, by: 1 | -1): void {
  const nodes = counts.get(key) ?? new Map<string, number>()
  const uses = (nodes.get(node) ?? 0) + by
  if (uses > 0) counts.set(key, nodes.set(node, uses))
  else {
    nodes.delete(node)
    if (nodes.size === 0) counts.delete(key)
  }
}
