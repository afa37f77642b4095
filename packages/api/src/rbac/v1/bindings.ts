import {
  type Column,
  type FieldError,
  invalidValue,
  notSupported,
  type ObjectMeta,
  required,
  semanticallyEqual,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { nameIsDnsSubdomain, nameIsPathSegment } from '@tandem/apimachinery/names'
import { invalidEach } from '../../core/v1/field-checks.ts'
import { rbacGroup } from './rules.ts'
import type { RoleRef, Subject } from './types.ts'

/** What RoleBinding and ClusterRoleBinding have in common. */
export interface Binding {
  metadata: ObjectMeta
  subjects?: Subject[]
  roleRef: RoleRef
}

export function defaultBinding(binding: Binding): void {
  binding.roleRef ??= { apiGroup: '', kind: '', name: '' }
  binding.roleRef.apiGroup ||= rbacGroup
  for (const subject of binding.subjects ?? [])
    if (subject.kind === 'User' || subject.kind === 'Group') subject.apiGroup ||= rbacGroup
}

interface BindingRules {
  namespaced: boolean
  roleKinds: readonly string[]
}

export const validateBinding = (binding: Binding, { namespaced, roleKinds }: BindingRules): FieldError[] => [
  ...validateRoleRef(binding.roleRef, roleKinds),
  ...(binding.subjects ?? []).flatMap((subject, index) =>
    validateSubject(`subjects[${index}]`, subject, { namespaced }),
  ),
]

function validateRoleRef({ apiGroup = '', kind = '', name = '' }: RoleRef, kinds: readonly string[]): FieldError[] {
  const errors: FieldError[] = []
  if (apiGroup !== rbacGroup) errors.push(notSupported('roleRef.apiGroup', apiGroup, [rbacGroup]))
  if (!kinds.includes(kind)) errors.push(notSupported('roleRef.kind', kind, kinds))
  if (!name) errors.push(required('roleRef.name'))
  return [...errors, ...(name ? invalidEach('roleRef.name', name, nameIsPathSegment(name, false)) : [])]
}

export function validateSubject(
  field: string,
  subject: Subject,
  { namespaced }: { namespaced: boolean },
): FieldError[] {
  const { kind = '', name = '', namespace = '', apiGroup = '' } = subject
  const errors = name ? [] : [required(`${field}.name`)]
  switch (kind) {
    case 'ServiceAccount':
      if (name) errors.push(...invalidEach(`${field}.name`, name, nameIsDnsSubdomain(name, false)))
      if (apiGroup) errors.push(notSupported(`${field}.apiGroup`, apiGroup, ['']))
      if (!namespaced && !namespace) errors.push(required(`${field}.namespace`))
      return errors
    case 'User':
    case 'Group':
      if (apiGroup !== rbacGroup) errors.push(notSupported(`${field}.apiGroup`, apiGroup, [rbacGroup]))
      return errors
    default:
      return [...errors, notSupported(`${field}.kind`, kind, ['ServiceAccount', 'User', 'Group'])]
  }
}

export const validateRoleRefUpdate = (binding: Binding, old: Binding): FieldError[] =>
  semanticallyEqual(binding.roleRef, old.roleRef)
    ? []
    : [invalidValue('roleRef', binding.roleRef, 'cannot change roleRef')]

const subjectsColumn = (name: string, kind: string, show: (subject: Subject) => string): Column<Binding> => ({
  name,
  type: 'string',
  priority: 1,
  description: `${name} in the binding`,
  value: ({ subjects = [] }) =>
    subjects
      .filter((subject) => subject.kind === kind)
      .map(show)
      .join(', '),
})

export const bindingColumns: Column<Binding>[] = [
  nameColumn,
  {
    name: 'Role',
    type: 'string',
    description: 'The role that is bound.',
    value: ({ roleRef }) => `${roleRef.kind}/${roleRef.name}`,
  },
  ageColumn,
  subjectsColumn('Users', 'User', ({ name }) => name),
  subjectsColumn('Groups', 'Group', ({ name }) => name),
  subjectsColumn('ServiceAccounts', 'ServiceAccount', ({ namespace = '', name }) => `${namespace}/${name}`),
]
