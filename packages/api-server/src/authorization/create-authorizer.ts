import { persistentVolumes } from '@tandem/api/core/v1/persistentvolume'
import { pods } from '@tandem/api/core/v1/pod'
import type { PersistentVolume, Pod } from '@tandem/api/core/v1/types'
import { clusterRoles } from '@tandem/api/rbac/v1/clusterrole'
import { clusterRoleBindings } from '@tandem/api/rbac/v1/clusterrolebinding'
import { roles } from '@tandem/api/rbac/v1/role'
import { roleBindings } from '@tandem/api/rbac/v1/rolebinding'
import type { VolumeAttachment } from '@tandem/api/storage/v1/types'
import { volumeAttachments } from '@tandem/api/storage/v1/volumeattachment'
import { nodeRules } from '../bootstrap/role-table.ts'
import { type Follower, type FollowOptions, follow } from '../follow.ts'
import type { AuthorizationMode } from '../options.ts'
import type { Resources } from '../resources.ts'
import { alwaysAllow, alwaysDeny, mastersAuthorizer } from './always-allow.ts'
import { type Authorizer, AuthorizerChain } from './authorizer.ts'
import { nodeAuthorizer } from './node/authorizer.ts'
import { NodeGraph, type Vertex } from './node/graph.ts'
import { rbacAuthorizer } from './rbac/authorizer.ts'
import { RoleIndex } from './rbac/role-index.ts'

export interface Authorization {
  authorizer: Authorizer
  roleIndex: RoleIndex
  /** Reads what decisions rest on, and keeps it current. */
  start(resources: Resources, options: FollowOptions): Promise<void>
}

/** The authorizers of `--authorization-mode`, in the order given there. `system:masters` comes before them all. */
export function createAuthorization(modes: readonly AuthorizationMode[]): Authorization {
  const roleIndex = new RoleIndex()
  const graph = new NodeGraph()
  const byMode: Record<AuthorizationMode, () => Authorizer> = {
    Node: () => nodeAuthorizer({ graph, rules: nodeRules() }),
    RBAC: () => rbacAuthorizer(roleIndex),
    AlwaysAllow: () => alwaysAllow,
    AlwaysDeny: () => alwaysDeny,
  }
  return {
    authorizer: new AuthorizerChain([mastersAuthorizer, ...modes.map((mode) => byMode[mode]())]),
    roleIndex,
    async start(resources, options) {
      const roleFollower = { set: roleIndex.setRole.bind(roleIndex), remove: roleIndex.removeRole.bind(roleIndex) }
      const bindingFollower = {
        set: roleIndex.setBinding.bind(roleIndex),
        remove: roleIndex.removeBinding.bind(roleIndex),
      }
      await Promise.all([
        follow(resources.store(roles), roleFollower, options),
        follow(resources.store(clusterRoles), roleFollower, options),
        follow(resources.store(roleBindings), bindingFollower, options),
        follow(resources.store(clusterRoleBindings), bindingFollower, options),
        modes.includes('Node') && follow(resources.store(pods), podFollower(graph), options),
        modes.includes('Node') && follow(resources.store(persistentVolumes), volumeFollower(graph), options),
        modes.includes('Node') && follow(resources.store(volumeAttachments), attachmentFollower(graph), options),
      ])
    },
  }
}

/** What a pod refers to does not change, but for ephemeral containers; where it runs, and whether it has ended, does. */
const podFollower = (graph: NodeGraph): Follower<Pod> => ({
  set: (pod) => graph.setPod(pod),
  remove: (pod) => graph.removePod(pod),
  concerns: ({ fields, json }, before) => {
    const node = fields['spec.nodeName']
    if (!before) return node !== ''
    if (node !== before.fields['spec.nodeName'] || fields['status.phase'] !== before.fields['status.phase']) return true
    return Buffer.from(json.buffer, json.byteOffset, json.byteLength).includes('"ephemeralContainers"')
  },
})

const attachmentFollower = (graph: NodeGraph): Follower<VolumeAttachment> => ({
  set: ({ metadata, spec }) => graph.setAttachment(metadata.name, spec.nodeName),
  remove: ({ metadata }) => graph.removeAttachment(metadata.name),
})

/** A volume, and the secrets it names, are seen where its claim is used. */
const volumeFollower = (graph: NodeGraph): Follower<PersistentVolume> => {
  const tell = ({ metadata, spec }: PersistentVolume, { gone }: { gone: boolean }) => {
    const { namespace = '', name } = spec?.claimRef ?? {}
    if (!name) return
    const { csi } = spec ?? {}
    const secrets = [csi?.nodePublishSecretRef, csi?.nodeStageSecretRef, csi?.nodeExpandSecretRef].flatMap(
      (reference): Vertex[] =>
        reference?.name ? [{ type: 'secret', namespace: reference.namespace ?? '', name: reference.name }] : [],
    )
    const behind: Vertex[] = [{ type: 'pv', namespace: '', name: metadata.name }, ...secrets]
    graph.setVolume({ type: 'pvc', namespace, name }, gone ? [] : behind)
  }
  return { set: (volume) => tell(volume, { gone: false }), remove: (volume) => tell(volume, { gone: true }) }
}
