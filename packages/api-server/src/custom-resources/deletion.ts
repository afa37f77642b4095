import type { CustomResourceDefinition } from '@tandem/api/apiextensions/v1/types'
import type { DeletionRules } from '../registry/deletion.ts'
import { type Condition, withCondition } from './conditions.ts'

/** Holds a definition until its objects are gone. */
export const cleanupFinalizer = 'customresourcecleanup.apiextensions.k8s.io'

const terminating = (status: 'True' | 'False', reason: string, message: string): Condition => ({
  type: 'Terminating',
  status,
  reason,
  message,
})

export const deletionPending = terminating(
  'True',
  'InstanceDeletionPending',
  'CustomResourceDefinition marked for deletion; CustomResource deletion will begin soon',
)
export const deletionInProgress = terminating(
  'True',
  'InstanceDeletionInProgress',
  'CustomResource deletion is in progress',
)
export const neverEstablished = terminating('False', 'NeverEstablished', 'resource was never established')
export const deletionCompleted = terminating('False', 'InstanceDeletionCompleted', 'removed all instances')
export const deletionFailed = (error: unknown): Condition =>
  terminating('True', 'InstanceDeletionFailed', `could not issue all deletes: ${messageOf(error)}`)
export const deletionUnconfirmed = terminating(
  'True',
  'InstanceDeletionCheck',
  'could not confirm zero CustomResources remaining: timed out waiting for the condition',
)

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** A definition is never removed by the request that deletes it: its objects go first. */
export const definitionDeletion: DeletionRules<CustomResourceDefinition> = {
  isHeld: ({ metadata }) => metadata.deletionTimestamp === undefined,
  terminating(crd) {
    const { metadata } = crd
    const finalizers = metadata.finalizers ?? []
    if (finalizers.includes(cleanupFinalizer)) return
    metadata.finalizers = [...finalizers, cleanupFinalizer]
    const conditions = crd.status?.conditions ?? []
    crd.status = {
      ...crd.status,
      conditions: withCondition(conditions, deletionPending, metadata.deletionTimestamp ?? ''),
    }
  },
}
