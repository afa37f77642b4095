import { type FieldError, invalidValue, nameIsDnsLabel, type ResourceDefinition } from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { qualifiedName } from './field-checks.ts'
import type { Namespace } from './types.ts'

/** The label by which network policies and selectors find a namespace: always its name. */
export const nameLabel = 'kubernetes.io/metadata.name'

const standardFinalizers = ['kubernetes', 'orphan', 'foregroundDeletion']

function defaults(namespace: Namespace): void {
  namespace.spec ??= {}
  namespace.status ??= {}
  namespace.status.phase ??= 'Active'
  if (namespace.metadata.name) labelWithName(namespace)
}

function labelWithName(namespace: Namespace): void {
  namespace.metadata.labels = { ...namespace.metadata.labels, [nameLabel]: namespace.metadata.name }
}

/** The `kubernetes` finalizer keeps a namespace until the namespace controller has emptied it. */
function prepareForCreate(namespace: Namespace): void {
  namespace.status = { phase: 'Active' }
  const finalizers = namespace.spec.finalizers ?? []
  namespace.spec.finalizers = finalizers.includes('kubernetes') ? finalizers : [...finalizers, 'kubernetes']
  // A generated name is only known now, after defaults have run.
  if (namespace.metadata.name) labelWithName(namespace)
}

/** Finalizers change through `namespaces/finalize` alone. */
function prepareForUpdate(namespace: Namespace, old: Namespace): void {
  namespace.spec = old.spec
  namespace.status = old.status
}

function validateFinalizer(field: string, finalizer: string): FieldError[] {
  const errors = qualifiedName(field, finalizer)
  if (!finalizer.includes('/') && !standardFinalizers.includes(finalizer))
    errors.push(invalidValue(field, finalizer, 'name is neither a standard finalizer name nor is it fully qualified'))
  return errors
}

const validate = (namespace: Namespace): FieldError[] =>
  (namespace.spec.finalizers ?? []).flatMap((finalizer) => validateFinalizer('spec.finalizers', finalizer))

/** What `namespaces/finalize` accepts. */
export const validateFinalizeUpdate = (namespace: Namespace): FieldError[] =>
  (namespace.spec.finalizers ?? []).flatMap((finalizer, i) => validateFinalizer(`spec.finalizers[${i}]`, finalizer))

function validateStatusUpdate(namespace: Namespace): FieldError[] {
  const phase = namespace.status?.phase
  const { deletionTimestamp } = namespace.metadata
  if (!deletionTimestamp && phase !== 'Active')
    return [invalidValue('status.Phase', phase, "may only be 'Active' if `deletionTimestamp` is empty")]
  if (deletionTimestamp && phase !== 'Terminating')
    return [invalidValue('status.Phase', phase, "may only be 'Terminating' if `deletionTimestamp` is not empty")]
  return []
}

export const namespaces: ResourceDefinition<Namespace> = {
  group: '',
  version: 'v1',
  kind: 'Namespace',
  plural: 'namespaces',
  shortNames: ['ns'],
  scope: 'Cluster',
  schema: 'io.k8s.api.core.v1.Namespace',
  // Namespaces are deleted one by one: no deletecollection.
  verbs: ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch'],
  validateName: nameIsDnsLabel,
  subresources: {
    status: true,
    others: [{ name: 'finalize', kind: 'Namespace', verbs: ['update'] }],
  },
  defaults,
  prepareForCreate,
  prepareForUpdate,
  validate,
  validateUpdate: validate,
  validateStatusUpdate,
  selectableFields: {
    'status.phase': (namespace) => namespace.status?.phase ?? '',
    name: (namespace) => namespace.metadata.name,
  },
  columns: [
    nameColumn,
    {
      name: 'Status',
      type: 'string',
      description: 'The status of the namespace',
      value: (namespace) => namespace.status?.phase ?? '',
    },
    ageColumn,
  ],
}
