import type { DaemonSet, Deployment, StatefulSet } from './types.ts'

/** How far a rollout has come, judged as `kubectl rollout status` does. */
export interface RolloutStatus {
  state: 'complete' | 'progressing' | 'failed'
  message: string
}

const progressing = (message: string): RolloutStatus => ({ state: 'progressing', message })
const specNotSeen = progressing('Waiting for deployment spec update to be observed...')

export function deploymentRollout({ metadata, spec, status = {} }: Deployment): RolloutStatus {
  const { name, generation = 0 } = metadata
  const { observedGeneration = 0, replicas = 0, updatedReplicas = 0, availableReplicas = 0, conditions = [] } = status
  if (generation > observedGeneration) return specNotSeen
  const waiting = (what: string) => progressing(`Waiting for deployment "${name}" rollout to finish: ${what}...`)
  if (conditions.some(({ type, reason }) => type === 'Progressing' && reason === 'ProgressDeadlineExceeded')) {
    return { state: 'failed', message: `deployment "${name}" exceeded its progress deadline` }
  }
  if (updatedReplicas < (spec.replicas ?? 1))
    return waiting(`${updatedReplicas} out of ${spec.replicas ?? 1} new replicas have been updated`)
  if (replicas > updatedReplicas) return waiting(`${replicas - updatedReplicas} old replicas are pending termination`)
  if (availableReplicas < updatedReplicas)
    return waiting(`${availableReplicas} of ${updatedReplicas} updated replicas are available`)
  return { state: 'complete', message: `deployment "${name}" successfully rolled out` }
}

export function daemonSetRollout({ metadata, spec, status }: DaemonSet): RolloutStatus {
  const { name, generation = 0 } = metadata
  if (spec.updateStrategy?.type === 'OnDelete')
    return { state: 'complete', message: 'rollout status is only available for RollingUpdate strategy type' }
  if (!status || generation > (status.observedGeneration ?? 0))
    return progressing('Waiting for daemon set spec update to be observed...')
  const {
    desiredNumberScheduled: desired,
    updatedNumberScheduled: updated = 0,
    numberAvailable: available = 0,
  } = status
  const waiting = (what: string) => progressing(`Waiting for daemon set "${name}" rollout to finish: ${what}...`)
  if (updated < desired) return waiting(`${updated} out of ${desired} new pods have been updated`)
  if (available < desired) return waiting(`${available} of ${desired} updated pods are available`)
  return { state: 'complete', message: `daemon set "${name}" successfully rolled out` }
}

export function statefulSetRollout({ metadata, spec, status }: StatefulSet): RolloutStatus {
  const { generation = 0 } = metadata
  if (spec.updateStrategy?.type === 'OnDelete')
    return { state: 'complete', message: 'rollout status is only available for RollingUpdate strategy type' }
  if (!status || generation > (status.observedGeneration ?? 0))
    return progressing('Waiting for statefulset spec update to be observed...')
  const wanted = spec.replicas ?? 1
  const { readyReplicas: ready = 0, updatedReplicas: updated = 0, updateRevision = '', currentRevision = '' } = status
  if (ready < wanted) return progressing(`Waiting for ${wanted - ready} pods to be ready...`)
  const partition = spec.updateStrategy?.rollingUpdate?.partition
  if (partition) {
    if (updated < wanted - partition) {
      return progressing(
        `Waiting for partitioned roll out to finish: ${updated} out of ${wanted - partition} new pods have been updated...`,
      )
    }
    return { state: 'complete', message: `partitioned roll out complete: ${updated} new pods have been updated...` }
  }
  if (updateRevision !== currentRevision)
    return progressing(
      `waiting for statefulset rolling update to complete ${updated} pods at revision ${updateRevision}...`,
    )
  return {
    state: 'complete',
    message: `statefulset rolling update complete ${status.currentReplicas ?? 0} pods at revision ${currentRevision}...`,
  }
}
