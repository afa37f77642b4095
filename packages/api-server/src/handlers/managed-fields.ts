import type { KubernetesObject } from '@tandem/apimachinery'
import type { ResourceRequest } from './handler.ts'
import type { WriteParameters } from './options.ts'

export interface ManagedWrite {
  object: KubernetesObject
  old: KubernetesObject | undefined
  parameters: WriteParameters
}

/** Records, in the object that is about to be written, who owns the fields that this write sets. */
export function managedByUpdate(_resource: ResourceRequest, _write: ManagedWrite): void {}
