import type { RequestContext } from '../context.ts'

type Info = RequestContext['info']

/** Which watches are under way, as far as the width of writes depends on it. */
export class WatchTracker {
  readonly #watches = new Map<string, number>()

  /** Counts a watch until what is returned is called. */
  register(kube: RequestContext): () => void {
    // Those who watch the pods of one node hear of few writes.
    if (kube.info.resource === 'pods' && /(^|,)spec\.nodeName=+[^=,]/.test(kube.parameter('fieldSelector') ?? ''))
      return () => {}
    const { apiGroup, resource, namespace, name } = kube.info
    const key = keyOf(apiGroup, resource, namespace, name)
    this.#watches.set(key, (this.#watches.get(key) ?? 0) + 1)
    return () => {
      const left = (this.#watches.get(key) ?? 0) - 1
      if (left > 0) this.#watches.set(key, left)
      else this.#watches.delete(key)
    }
  }

  interested({ apiGroup, resource, namespace, name }: Info): number {
    if (this.#watches.size === 0) return 0
    let count = this.#watches.get(keyOf(apiGroup, resource, '', '')) ?? 0
    if (namespace !== '') count += this.#watches.get(keyOf(apiGroup, resource, namespace, '')) ?? 0
    if (name !== '') count += this.#watches.get(keyOf(apiGroup, resource, namespace, name)) ?? 0
    return count
  }
}

const keyOf = (apiGroup: string, resource: string, namespace: string, name: string): string =>
  `${apiGroup}/${resource}/${namespace}/${name}`
