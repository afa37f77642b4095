import {
  type FieldError,
  forbiddenField,
  invalidValue,
  type ResourceDefinition,
  required,
  tooLong,
} from '@tandem/apimachinery'
import { ageColumn, nameColumn } from '@tandem/apimachinery/columns'
import { dns1123Subdomain, immutable } from '../../core/v1/field-checks.ts'
import { validateVolumeSpec } from '../../core/v1/persistentvolume.ts'
import { validateCSIDriverName } from './csi-driver-name.ts'
import type { VolumeAttachment, VolumeAttachmentSource, VolumeAttachmentSpec, VolumeError } from './types.ts'

const limits = { metadata: 256 * 1024, message: 1024 }

function validateSource({ inlineVolumeSpec, persistentVolumeName: name }: VolumeAttachmentSource): FieldError[] {
  const field = 'spec.source'
  const message = 'must specify exactly one of inlineVolumeSpec and persistentVolumeName'
  if (!inlineVolumeSpec && name === undefined) return [required(field, message)]
  if (inlineVolumeSpec && name !== undefined) return [forbiddenField(field, message)]
  if (inlineVolumeSpec) return validateVolumeSpec(`${field}.inlineVolumeSpec`, inlineVolumeSpec, 'inline')
  return name === '' ? [required(`${field}.persistentVolumeName`, 'must specify non empty persistentVolumeName')] : []
}

function validateVolumeError(field: string, error: VolumeError | undefined): FieldError[] {
  const { message = '', errorCode = 0 } = error ?? {}
  return [
    ...(message.length > limits.message ? [tooLong(`${field}.message`, limits.metadata)] : []),
    ...(errorCode < 0
      ? [invalidValue(`${field}.errorCode`, errorCode, 'must be between 0 and 2147483647, inclusive')]
      : []),
  ]
}

function validateStatus({ status = { attached: false } }: VolumeAttachment): FieldError[] {
  const size = Object.entries(status.attachmentMetadata ?? {}).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  )
  return [
    ...(size > limits.metadata ? [tooLong('status.attachmentMetadata', limits.metadata)] : []),
    ...validateVolumeError('status.attachError', status.attachError),
    ...validateVolumeError('status.detachError', status.detachError),
  ]
}

const validateName = ({ persistentVolumeName: name }: VolumeAttachmentSource): FieldError[] =>
  name === undefined ? [] : dns1123Subdomain('spec.source.persistentVolumeName', name)

const validate = (attachment: VolumeAttachment): FieldError[] => [
  ...validateCSIDriverName('spec.attacher', attachment.spec.attacher),
  ...validateSource(attachment.spec.source),
  ...dns1123Subdomain('spec.nodeName', attachment.spec.nodeName),
  ...validateStatus(attachment),
  ...validateName(attachment.spec.source),
]

export const volumeAttachments: ResourceDefinition<VolumeAttachment> = {
  group: 'storage.k8s.io',
  version: 'v1',
  kind: 'VolumeAttachment',
  plural: 'volumeattachments',
  scope: 'Cluster',
  schema: 'io.k8s.api.storage.v1.VolumeAttachment',
  allowUnconditionalUpdate: false,
  subresources: { status: true },
  defaults: (attachment) => {
    attachment.spec ??= {} as VolumeAttachmentSpec
    attachment.spec.attacher ??= ''
    attachment.spec.nodeName ??= ''
    attachment.spec.source ??= {}
  },
  prepareForCreate: (attachment) => {
    attachment.status = { attached: false }
  },
  validate,
  validateUpdate: (attachment, old) => [...validate(attachment), ...immutable('spec', attachment.spec, old.spec)],
  validateStatusUpdate: (attachment) => validateStatus(attachment),
  columns: [
    nameColumn,
    {
      name: 'Attacher',
      type: 'string',
      format: 'name',
      description: 'The driver that attaches it.',
      value: ({ spec }) => spec.attacher,
    },
    {
      name: 'PV',
      type: 'string',
      description: 'The volume.',
      value: ({ spec }) => spec.source.persistentVolumeName ?? '',
    },
    { name: 'Node', type: 'string', description: 'Where it is attached.', value: ({ spec }) => spec.nodeName },
    {
      name: 'Attached',
      type: 'boolean',
      description: 'Whether it is.',
      value: ({ status }) => status?.attached ?? false,
    },
    ageColumn,
  ],
}
