import { deployments } from '@tandem/api/apps/v1/deployment'
import type { Deployment } from '@tandem/api/apps/v1/types'
import { annotationsOf, lastRevision, revisionOf, rollbackTo, rolledBackAnnotations } from './annotations.ts'
import { allOf } from './replica-sets.ts'
import type { Rollout } from './rollout.ts'
import { sameTemplate, withoutHash } from './template-hash.ts'

/** The revision that an old client asked to go back to, by annotation; 0 means the last one. kubectl writes the template itself. */
export function requestedRollback(deployment: Deployment): bigint | undefined {
  const text = annotationsOf(deployment)[rollbackTo]
  return text !== undefined && /^-?\d+$/.test(text) ? BigInt(text) : undefined
}

export async function rollBack({ deployment, revisions, context }: Rollout, requested: bigint): Promise<void> {
  const record = (type: 'Normal' | 'Warning', reason: string, message: string) =>
    context.recorder.record({ object: deployment, type, reason, message })
  const { [rollbackTo]: _, ...annotations } = annotationsOf(deployment)
  const cleared: Deployment = { ...deployment, metadata: { ...deployment.metadata, annotations } }

  const revision = requested || lastRevision(allOf(revisions))
  const target = revision > 0n ? allOf(revisions).find((replicaSet) => revisionOf(replicaSet) === revision) : undefined
  if (!target?.spec.template) {
    const what = revision === 0n ? 'Unable to find last revision.' : 'Unable to find the revision to rollback to.'
    record('Warning', 'DeploymentRollbackRevisionNotFound', what)
    await context.client.update(deployments, cleared)
  } else if (sameTemplate(target.spec.template, deployment.spec.template)) {
    const message = `The rollback revision contains the same template as current deployment "${deployment.metadata.name}"`
    record('Warning', 'DeploymentRollbackTemplateUnchanged', message)
    await context.client.update(deployments, cleared)
  } else {
    await context.client.update(deployments, {
      ...deployment,
      metadata: { ...deployment.metadata, annotations: rolledBackAnnotations(deployment, target) },
      spec: { ...deployment.spec, template: withoutHash(target.spec.template) },
    })
    record(
      'Normal',
      'DeploymentRollback',
      `Rolled back deployment "${deployment.metadata.name}" to revision ${revision}`,
    )
  }
}
