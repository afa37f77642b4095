type Members = Readonly<Record<string, string>>

/** Types of whose members one is chosen: by what the discriminator says, where there is one. */
const unions: Readonly<Record<string, { discriminator?: string; members: Members }>> = {
  'io.k8s.api.core.v1.AppArmorProfile': { discriminator: 'type', members: { localhostProfile: 'LocalhostProfile' } },
  'io.k8s.api.core.v1.PodSchedulingGroup': { members: { podGroupName: 'PodGroupName' } },
  'io.k8s.api.core.v1.SeccompProfile': { discriminator: 'type', members: { localhostProfile: 'LocalhostProfile' } },
  'io.k8s.api.flowcontrol.v1.LimitResponse': { discriminator: 'type', members: { queuing: 'Queuing' } },
  'io.k8s.api.flowcontrol.v1.PriorityLevelConfigurationSpec': {
    discriminator: 'type',
    members: { exempt: 'Exempt', limited: 'Limited' },
  },
  'io.k8s.api.flowcontrol.v1.Subject': {
    discriminator: 'kind',
    members: { group: 'Group', serviceAccount: 'ServiceAccount', user: 'User' },
  },
}

/** `x-kubernetes-unions` of a type. */
export function unionsOf(type: string): object[] | undefined {
  const union = unions[type]
  if (!union) return undefined
  const { discriminator, members } = union
  return [{ ...(discriminator && { discriminator }), 'fields-to-discriminateBy': members }]
}
