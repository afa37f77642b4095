import type { AdmissionPlugin } from './admission.ts'
import { certificateApproval, certificateSigning, certificateSubjectRestriction } from './certificates.ts'
import { defaultIngressClass, defaultStorageClass } from './default-class.ts'
import { defaultTolerationSeconds } from './default-toleration-seconds.ts'
import { limitRanger } from './limit-ranger.ts'
import { namespaceLifecycle } from './namespace-lifecycle.ts'
import { nodeRestriction } from './node-restriction.ts'
import { persistentVolumeClaimResize } from './persistent-volume-claim-resize.ts'
import type { PluginContext } from './plugin-context.ts'
import { podSecurity } from './pod-security/plugin.ts'
import { priority } from './priority.ts'
import { resourceQuota } from './resource-quota/plugin.ts'
import { runtimeClass } from './runtime-class.ts'
import { serviceAccount } from './service-account.ts'
import { storageObjectInUseProtection } from './storage-object-in-use-protection.ts'
import { taintNodesByCondition } from './taint-nodes-by-condition.ts'

type CreatePlugin = (context: PluginContext) => AdmissionPlugin

/** The order in which writes are admitted: order is meaning. */
const plugins: readonly CreatePlugin[] = [
  namespaceLifecycle,
  limitRanger,
  serviceAccount,
  nodeRestriction,
  taintNodesByCondition,
  priority,
  defaultTolerationSeconds,
  podSecurity,
  storageObjectInUseProtection,
  defaultStorageClass,
  persistentVolumeClaimResize,
  runtimeClass,
  certificateApproval,
  certificateSigning,
  certificateSubjectRestriction,
  defaultIngressClass,
  // Last: what another plugin refuses is not charged.
  resourceQuota,
]

export function orderedPlugins(context: PluginContext): AdmissionPlugin[] {
  const { disableAdmissionPlugins = [] } = context.options
  return plugins.map((create) => create(context)).filter(({ name }) => !disableAdmissionPlugins.includes(name))
}
