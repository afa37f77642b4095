import { type FieldError, notSupported, type ResourceDefinition, required } from '@tandem/apimachinery'
import type { Binding } from './types.ts'

function validate({ target }: Binding): FieldError[] {
  const errors: FieldError[] = []
  if (target?.kind && target.kind !== 'Node') errors.push(notSupported('target.kind', target.kind, ['Node', '<empty>']))
  if (!target?.name) errors.push(required('target.name'))
  return errors
}

/** Ties a pod to a node. The old way to create one; `pods/binding` is the same. */
export const bindings: ResourceDefinition<Binding> = {
  group: '',
  version: 'v1',
  kind: 'Binding',
  plural: 'bindings',
  scope: 'Namespaced',
  schema: 'io.k8s.api.core.v1.Binding',
  verbs: ['create'],
  virtual: true,
  validate,
}
