import type { PodQOSClass } from '@tandem/api/core/v1/types'

export type CgroupDriver = 'cgroupfs' | 'systemd'

/** A cgroup as its parts below the root: `['tandem-prod', 'kubepods', 'burstable', 'pod<uid>']`. */
export type CgroupName = readonly string[]

/** Guaranteed pods are directly below `kubepods`; the other two classes have a cgroup each. */
export const qosCgroup = (root: CgroupName, qos: PodQOSClass): CgroupName =>
  qos === 'Guaranteed' ? [...root, 'kubepods'] : [...root, 'kubepods', qos.toLowerCase()]

export const podCgroup = (root: CgroupName, qos: PodQOSClass, uid: string): CgroupName => [
  ...qosCgroup(root, qos),
  `pod${uid}`,
]

/** `/a/b/c` */
export const cgroupfsName = (name: CgroupName): string => `/${name.join('/')}`

const escaped = (part: string): string => part.replaceAll('-', '_')

/** systemd says the whole path in a slice's name: `a-b-c.slice`. */
export const systemdSlice = (name: CgroupName): string => `${name.map(escaped).join('-')}.slice`

/** A slice lies in the folders of the slices it is part of: `/a.slice/a-b.slice/a-b-c.slice`. */
export const systemdPath = (name: CgroupName): string =>
  `/${name.map((_, index) => systemdSlice(name.slice(0, index + 1))).join('/')}`

/** What the engine is told as the parent of a pod's containers. */
export const cgroupParent = (name: CgroupName, driver: CgroupDriver): string =>
  driver === 'systemd' ? systemdSlice(name) : cgroupfsName(name)

/** Where the cgroup is below a hierarchy's mount point. */
export const cgroupPath = (name: CgroupName, driver: CgroupDriver): string =>
  driver === 'systemd' ? systemdPath(name) : cgroupfsName(name)

/** `/tandem-prod/` as parts. */
export const parseCgroupRoot = (root: string): CgroupName => root.split('/').filter((part) => part !== '')
