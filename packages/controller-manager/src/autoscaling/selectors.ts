import type { Pod } from '@tandem/api/core/v1/types'
import { keyOf, type LabelMatcher, matchesLabels, type ObjectKey } from '@tandem/apimachinery'

/** Which autoscalers scale by which selectors, so that no two count the same pods. */
export class AutoscalerSelectors {
  readonly #selectors = new Map<string, { key: ObjectKey; matcher: LabelMatcher }>()

  set(key: ObjectKey, matcher: LabelMatcher): void {
    this.#selectors.set(keyOf(key), { key, matcher })
  }

  delete(key: ObjectKey): void {
    this.#selectors.delete(keyOf(key))
  }

  /** Those that select any of the pods, all of one namespace. */
  selecting(namespace: string, pods: readonly Pod[]): ObjectKey[] {
    return [...this.#selectors.values()]
      .filter(
        ({ key, matcher }) =>
          key.namespace === namespace && pods.some(({ metadata }) => matchesLabels(matcher, metadata.labels)),
      )
      .map(({ key }) => key)
      .sort((a, b) => (a.name < b.name ? -1 : 1))
  }
}
