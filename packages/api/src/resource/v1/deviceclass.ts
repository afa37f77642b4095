import { type FieldError, invalidValue, type ResourceDefinition, semanticallyEqual } from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { isExtendedResource } from '../../core/v1/resource-name.ts'
import { validateBounded } from './bounded.ts'
import { maxConfigurations } from './claim-spec.ts'
import { validateConfiguration } from './device-configuration.ts'
import { validateSelectors } from './device-selector.ts'
import type { DeviceClass } from './types.ts'

/** Expressions that were good once are not looked at again. */
function validate({ spec }: DeviceClass, old?: DeviceClass): FieldError[] {
  const { selectors, config, extendedResourceName: resource } = spec
  return [
    ...(old && semanticallyEqual(selectors, old.spec.selectors) ? [] : validateSelectors('spec.selectors', selectors)),
    ...validateBounded('spec.config', config, { max: maxConfigurations, validate: validateConfiguration }),
    ...(resource !== undefined && !isExtendedResource(resource)
      ? [invalidValue('spec.extendedResourceName', resource, 'must be a valid extended resource name')]
      : []),
  ]
}

export const deviceClasses: ResourceDefinition<DeviceClass> = {
  group: 'resource.k8s.io',
  version: 'v1',
  kind: 'DeviceClass',
  plural: 'deviceclasses',
  scope: 'Cluster',
  schema: 'io.k8s.api.resource.v1.DeviceClass',
  hasGeneration: true,
  defaults: (deviceClass) => {
    deviceClass.spec ??= {}
  },
  validate: (deviceClass) => validate(deviceClass),
  validateUpdate: validate,
  columns: [nameColumn, ageColumn],
}
