import type { Pod, PodAffinityTerm } from '@tandem/api/core/v1/types'
import { type LabelMatcher, labelMatcherOf, matchesLabels } from '@tandem/apimachinery'
import type { PodQuery } from '../cache/pod-counts.ts'

/** Labels of namespaces by name: terms may choose namespaces by them. */
export type NamespaceLabels = ReadonlyMap<string, Readonly<Record<string, string>>>

/** A term of pod affinity or anti-affinity, read once. */
export interface AffinityTerm {
  readonly topologyKey: string
  readonly namespaces: ReadonlySet<string>
  readonly namespaceSelector: LabelMatcher | undefined
  readonly selector: LabelMatcher
  /** Equal for terms that choose the same pods. */
  readonly text: string
}

export interface WeightedAffinityTerm extends AffinityTerm {
  readonly weight: number
}

/** A pod's terms, by what they ask for. */
export interface AffinityTerms {
  readonly required: readonly AffinityTerm[]
  readonly requiredAnti: readonly AffinityTerm[]
  readonly preferred: readonly WeightedAffinityTerm[]
  readonly preferredAnti: readonly WeightedAffinityTerm[]
}

const none: AffinityTerms = { required: [], requiredAnti: [], preferred: [], preferredAnti: [] }

export function affinityTermsOf({ metadata, spec }: Pod): AffinityTerms {
  const { podAffinity, podAntiAffinity } = spec.affinity ?? {}
  if (!podAffinity && !podAntiAffinity) return none
  const read = (term: PodAffinityTerm) => readTerm(term, metadata.namespace ?? '')
  const weighted = ({ weight, podAffinityTerm }: { weight: number; podAffinityTerm: PodAffinityTerm }) => ({
    ...read(podAffinityTerm),
    weight,
  })
  return {
    required: (podAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(read),
    requiredAnti: (podAntiAffinity?.requiredDuringSchedulingIgnoredDuringExecution ?? []).map(read),
    preferred: (podAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(weighted),
    preferredAnti: (podAntiAffinity?.preferredDuringSchedulingIgnoredDuringExecution ?? []).map(weighted),
  }
}

/** Without namespaces of its own, a term means those of its pod's namespace. */
function readTerm(
  { topologyKey, labelSelector, namespaces = [], namespaceSelector }: PodAffinityTerm,
  own: string,
): AffinityTerm {
  const named = namespaces.length === 0 && !namespaceSelector ? [own] : namespaces
  return {
    topologyKey,
    namespaces: new Set(named),
    namespaceSelector: namespaceSelector && labelMatcherOf(namespaceSelector),
    selector: labelMatcherOf(labelSelector),
    text: JSON.stringify([[...named].sort(), namespaceSelector ?? null, labelSelector ?? null]),
  }
}

export const termMatches = (
  { namespaces, namespaceSelector, selector }: AffinityTerm,
  { metadata }: Pod,
  labels: NamespaceLabels,
): boolean =>
  (namespaces.has(metadata.namespace ?? '') ||
    (namespaceSelector !== undefined &&
      matchesLabels(namespaceSelector, labels.get(metadata.namespace ?? '') ?? {}))) &&
  matchesLabels(selector, metadata.labels)

/** Pods that match all of the terms, with the namespaces that the terms choose now. */
export function queryOf(terms: readonly AffinityTerm[], labels: NamespaceLabels): PodQuery {
  const chosen = terms.map((term) => namespacesOf(term, labels))
  return {
    key: `affinity ${terms.map(({ text }) => text).join()} ${JSON.stringify(chosen.map((names) => [...names].sort()))}`,
    namespaces: chosen.reduce((common, names) => common.intersection(names)),
    matches: ({ metadata }) =>
      terms.every(
        (term, index) => chosen[index]?.has(metadata.namespace ?? '') && matchesLabels(term.selector, metadata.labels),
      ),
  }
}

function namespacesOf({ namespaces, namespaceSelector }: AffinityTerm, labels: NamespaceLabels): ReadonlySet<string> {
  if (!namespaceSelector) return namespaces
  const selected = [...labels].filter(([, own]) => matchesLabels(namespaceSelector, own)).map(([name]) => name)
  return namespaces.union(new Set(selected))
}
