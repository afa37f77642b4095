import { isNotFound, type KubernetesObject, type ResourceDefinition } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'

/** What an object that should outlive its use needs next. */
export type ProtectionStep = 'add' | 'remove' | 'none'

/** It has the finalizer while it lives, and keeps it after its deletion for as long as it is used. */
export function protectionStep({ metadata }: KubernetesObject, finalizer: string, isUsed: boolean): ProtectionStep {
  const has = (metadata.finalizers ?? []).includes(finalizer)
  if (!metadata.deletionTimestamp) return has ? 'none' : 'add'
  return has && !isUsed ? 'remove' : 'none'
}

export async function applyProtection<T extends KubernetesObject>(
  client: Client,
  {
    resource,
    object,
    finalizer,
    step,
  }: {
    resource: ResourceDefinition<T>
    object: T
    finalizer: string
    step: ProtectionStep
  },
): Promise<void> {
  if (step === 'none') return
  const others = (object.metadata.finalizers ?? []).filter((other) => other !== finalizer)
  const finalizers = step === 'add' ? [...others, finalizer] : others
  try {
    await client.update(resource, { ...object, metadata: { ...object.metadata, finalizers } })
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
}
