/** How far ahead of others a group stands, and of its versions each one: upstream's numbers, which clients see in APIServices. */
interface Priority {
  group: number
  /** Of versions that are not named here, stable ones come first. */
  versions?: Readonly<Record<string, number>>
}

const priorities: Readonly<Record<string, Priority>> = {
  '': { group: 18000, versions: { v1: 1 } },
  apps: { group: 17800 },
  'events.k8s.io': { group: 17750 },
  'authentication.k8s.io': { group: 17700 },
  'authorization.k8s.io': { group: 17600 },
  autoscaling: { group: 17500, versions: { v2: 30 } },
  batch: { group: 17400 },
  'certificates.k8s.io': { group: 17300 },
  'networking.k8s.io': { group: 17200 },
  policy: { group: 17100 },
  'rbac.authorization.k8s.io': { group: 17000 },
  'storage.k8s.io': { group: 16800 },
  'admissionregistration.k8s.io': { group: 16700 },
  'apiextensions.k8s.io': { group: 16700 },
  'scheduling.k8s.io': { group: 16600 },
  'coordination.k8s.io': { group: 16500 },
  'node.k8s.io': { group: 16300 },
  'discovery.k8s.io': { group: 16200 },
  'resource.k8s.io': { group: 16200, versions: { v1: 21 } },
  'flowcontrol.apiserver.k8s.io': { group: 16100, versions: { v1: 21 } },
  'metrics.k8s.io': { group: 100, versions: { v1beta1: 100 } },
}

/** What upstream registers of groups that it does not know by name. */
const unnamed = 1000
const stable = 15
const unstable = 9

export const groupPriority = (group: string): number => priorities[group]?.group ?? unnamed

export const versionPriority = (group: string, version: string): number =>
  priorities[group]?.versions?.[version] ?? (/^v\d+$/.test(version) ? stable : unstable)
