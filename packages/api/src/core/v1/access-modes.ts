import { type FieldError, forbiddenField, notSupported, parseQuantity, printQuantity } from '@tandem/apimachinery'
import type { ResourceList } from './resource-list.ts'

const shortForms: Readonly<Record<string, string>> = {
  ReadWriteOnce: 'RWO',
  ReadOnlyMany: 'ROX',
  ReadWriteMany: 'RWX',
  ReadWriteOncePod: 'RWOP',
}

/** `RWO,ROX`: in this order, whatever order they were given in. */
export const formatAccessModes = (modes: readonly string[] | undefined): string =>
  Object.entries(shortForms)
    .filter(([mode]) => modes?.includes(mode))
    .map(([, short]) => short)
    .join(',')

export function validateAccessModes(field: string, modes: readonly string[]): FieldError[] {
  const known = Object.keys(shortForms).sort()
  const errors = modes.filter((mode) => !known.includes(mode)).map((mode) => notSupported(field, mode, known))
  if (modes.includes('ReadWriteOncePod') && modes.some((mode) => mode !== 'ReadWriteOncePod' && known.includes(mode)))
    errors.push(forbiddenField(field, 'may not use ReadWriteOncePod with other access modes'))
  return errors
}

/** The annotation by which classes were named before `storageClassName`; it goes first where both are given. */
export const betaStorageClass = 'volume.beta.kubernetes.io/storage-class'

export const storageClassOf = ({
  metadata,
  spec,
}: {
  metadata: { annotations?: Record<string, string> }
  spec: { storageClassName?: string }
}): string => metadata.annotations?.[betaStorageClass] ?? spec.storageClassName ?? ''

export const formatStorage = (capacity: Readonly<ResourceList> | undefined): string =>
  printQuantity(parseQuantity(capacity?.storage ?? '0'))
