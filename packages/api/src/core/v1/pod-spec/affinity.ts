import {
  duplicate,
  type FieldError,
  forbiddenField,
  invalidValue,
  nameIsDnsLabel,
  notSupported,
  required,
  validateLabelName,
  validateLabelValue,
} from '@tandem/apimachinery'
import { validateLabelSelector } from '../../../meta/v1/label-selector.ts'
import type { LabelSelector } from '../../../meta/v1/types.ts'
import { invalidEach, optionalOneOf, positive } from '../field-checks.ts'
import { validateNodeSelector, validateNodeSelectorTerm } from '../node-selector.ts'
import { validateTaintEffect } from '../taint.ts'
import type {
  Affinity,
  NodeAffinity,
  PodAffinity,
  PodAffinityTerm,
  Toleration,
  TopologySpreadConstraint,
} from '../types.ts'

const required_ = 'requiredDuringSchedulingIgnoredDuringExecution'
const preferred = 'preferredDuringSchedulingIgnoredDuringExecution'

const validateWeight = (field: string, weight: number): FieldError[] =>
  weight > 0 && weight <= 100 ? [] : [invalidValue(`${field}.weight`, weight, 'must be in the range 1-100')]

function validateNodeAffinity(field: string, affinity: NodeAffinity): FieldError[] {
  const selector = affinity[required_]
  return [
    ...(selector ? validateNodeSelector(`${field}.${required_}`, selector) : []),
    ...(affinity[preferred] ?? []).flatMap(({ weight, preference }, i) => [
      ...validateWeight(`${field}.${preferred}[${i}]`, weight),
      ...validateNodeSelectorTerm(`${field}.${preferred}[${i}].preference`, preference, 'any'),
    ]),
  ]
}

function validateKeys(field: string, keys: readonly string[], selector: LabelSelector | undefined): FieldError[] {
  if (keys.length === 0) return []
  if (!selector) return [forbiddenField(field, 'must not be specified when labelSelector is not set')]
  return keys.flatMap((key, i) => validateLabelName(key, `${field}[${i}]`))
}

/**
 * Keys whose value is the pod's own. When the pod was created each became an expression of the selector; a second one
 * with the key means that the user wrote it there too.
 */
function validateLabelKeys(
  field: string,
  selector: LabelSelector | undefined,
  matchKeys: readonly string[] = [],
  mismatchKeys: readonly string[] = [],
): FieldError[] {
  const errors = [
    ...validateKeys(`${field}.matchLabelKeys`, matchKeys, selector),
    ...validateKeys(`${field}.mismatchLabelKeys`, mismatchKeys, selector),
  ]
  const seen = new Set(Object.keys(selector?.matchLabels ?? {}))
  for (const { key } of selector?.matchExpressions ?? []) {
    const i = matchKeys.lastIndexOf(key)
    if (i >= 0 && seen.has(key))
      errors.push(invalidValue(`${field}[${i}]`, key, 'exists in both matchLabelKeys and labelSelector'))
    seen.add(key)
  }
  for (const [i, key] of matchKeys.entries())
    if (mismatchKeys.includes(key))
      errors.push(
        invalidValue(`${field}.matchLabelKeys[${i}]`, key, 'exists in both matchLabelKeys and mismatchLabelKeys'),
      )
  return errors
}

function validateTerm(field: string, term: PodAffinityTerm): FieldError[] {
  const { labelSelector, namespaceSelector, namespaces = [], topologyKey } = term
  return [
    ...validateLabelSelector(`${field}.labelSelector`, labelSelector),
    ...validateLabelSelector(`${field}.namespaceSelector`, namespaceSelector),
    ...namespaces.flatMap((name) => invalidEach(`${field}.namespace`, name, nameIsDnsLabel(name, false))),
    ...validateLabelKeys(field, labelSelector, term.matchLabelKeys, term.mismatchLabelKeys),
    ...(topologyKey ? [] : [required(`${field}.topologyKey`, 'can not be empty')]),
    ...validateLabelName(topologyKey ?? '', `${field}.topologyKey`),
  ]
}

const validatePodTerms = (field: string, affinity: PodAffinity): FieldError[] => [
  ...(affinity[required_] ?? []).flatMap((term, i) => validateTerm(`${field}.${required_}[${i}]`, term)),
  ...(affinity[preferred] ?? []).flatMap(({ weight, podAffinityTerm }, i) => [
    ...validateWeight(`${field}.${preferred}[${i}]`, weight),
    ...validateTerm(`${field}.${preferred}[${i}].podAffinityTerm`, podAffinityTerm),
  ]),
]

export const validateAffinity = (field: string, affinity: Affinity | undefined): FieldError[] => [
  ...(affinity?.nodeAffinity ? validateNodeAffinity(`${field}.nodeAffinity`, affinity.nodeAffinity) : []),
  ...(affinity?.podAffinity ? validatePodTerms(`${field}.podAffinity`, affinity.podAffinity) : []),
  ...(affinity?.podAntiAffinity ? validatePodTerms(`${field}.podAntiAffinity`, affinity.podAntiAffinity) : []),
]

function validateOperator(field: string, { operator, value = '' }: Toleration): FieldError[] {
  switch (operator || 'Equal') {
    case 'Equal': {
      const faults = validateLabelValue(value)
      return faults.length === 0 ? [] : [invalidValue(field, value, faults.join(';'))]
    }
    case 'Exists':
      return value ? [invalidValue(field, value, "value must be empty when `operator` is 'Exists'")] : []
    case 'Lt':
    case 'Gt':
      return [notSupported(field, operator, ['Equal', 'Exists', 'Lt', 'Gt'])]
    default:
      return [notSupported(field, operator, ['Equal', 'Exists'])]
  }
}

export const validateTolerations = (field: string, tolerations: readonly Toleration[] | undefined): FieldError[] =>
  (tolerations ?? []).flatMap((toleration, i) => {
    const at = `${field}[${i}]`
    const { key, operator, effect, tolerationSeconds } = toleration
    const errors = key ? validateLabelName(key, `${at}.key`) : []
    if (!key && operator !== 'Exists')
      errors.push(
        invalidValue(
          `${at}.operator`,
          operator ?? '',
          'operator must be Exists when `key` is empty, which means "match all values and all keys"',
        ),
      )
    if (tolerationSeconds !== undefined && effect !== 'NoExecute')
      errors.push(
        invalidValue(`${at}.effect`, effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set"),
      )
    errors.push(...validateOperator(`${at}.operator`, toleration))
    return effect ? [...errors, ...validateTaintEffect(`${at}.effect`, effect)] : errors
  })

const actions = ['DoNotSchedule', 'ScheduleAnyway']

function validateMinDomains(field: string, { minDomains, whenUnsatisfiable }: TopologySpreadConstraint): FieldError[] {
  if (minDomains === undefined) return []
  const errors = positive(field, minDomains)
  if (whenUnsatisfiable !== 'DoNotSchedule')
    errors.push(
      invalidValue(
        field,
        minDomains,
        `can only use minDomains if whenUnsatisfiable=DoNotSchedule, not ${whenUnsatisfiable}`,
      ),
    )
  return errors
}

export const validateTopologySpread = (
  field: string,
  constraints: readonly TopologySpreadConstraint[] | undefined,
): FieldError[] =>
  (constraints ?? []).flatMap((constraint, i, all) => {
    const at = `${field}[${i}]`
    const { topologyKey, whenUnsatisfiable: action, labelSelector } = constraint
    const errors = positive(`${at}.maxSkew`, constraint.maxSkew)
    if (!topologyKey) errors.push(required(`${at}.topologyKey`, 'can not be empty'))
    if (!actions.includes(action)) errors.push(notSupported(`${at}.whenUnsatisfiable`, action ?? '', actions))
    if (all.slice(i + 1).some((other) => other.topologyKey === topologyKey && other.whenUnsatisfiable === action))
      errors.push(duplicate(`${at}.{topologyKey, whenUnsatisfiable}`, `{${topologyKey}, ${action}}`))
    errors.push(...validateMinDomains(`${at}.minDomains`, constraint))
    for (const name of ['nodeAffinityPolicy', 'nodeTaintsPolicy'] as const)
      errors.push(...optionalOneOf(`${at}.${name}`, constraint[name], ['Honor', 'Ignore']))
    errors.push(...validateLabelKeys(at, labelSelector, constraint.matchLabelKeys))
    return [...errors, ...validateLabelSelector(`${at}.labelSelector`, labelSelector)]
  })
