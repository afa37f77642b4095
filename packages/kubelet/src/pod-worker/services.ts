import type { ConfigMap, Pod, Secret, Service } from '@tandem/api/core/v1/types'
import type { Clock, Logger } from '@tandem/component-base'
import type { CgroupManager } from '../cgroups/cgroup-manager.ts'
import type { ContainerRuntime, PodState } from '../container-runtime/runtime.ts'
import type { DeviceManager } from '../devices/device-manager.ts'
import type { Directories } from '../directories.ts'
import type { DynamicResources } from '../dynamic-resources/dynamic-resources.ts'
import type { ImageManager } from '../images/image-manager.ts'
import type { HookRunner } from '../lifecycle/hook-runner.ts'
import type { Refusal } from '../lifecycle/node-admission.ts'
import type { PodEvents } from '../lifecycle/pod-events.ts'
import type { RuntimeHandlerOf } from '../lifecycle/runtime-handler.ts'
import type { StatusManager } from '../lifecycle/status-manager.ts'
import type { LogKeeper } from '../logs/log-keeper.ts'
import type { ClusterDns, DnsConfig } from '../network/resolv-conf.ts'
import type { VolumeManager } from '../volumes/volume-manager.ts'
import type { ProbeResults } from './pod-actions.ts'

/** What all pod workers of a node share. */
export interface PodServices {
  runtime: ContainerRuntime
  status: StatusManager
  events: PodEvents
  images: ImageManager
  volumes: VolumeManager
  cgroups: CgroupManager
  probes: ProbeManager
  hooks: HookRunner
  devices: Pick<DeviceManager, 'configure'>
  dynamicResources: Pick<DynamicResources, 'prepare' | 'configure'>
  directories: Directories
  logs: Pick<LogKeeper, 'follow' | 'remove'>
  objects: ObjectReader
  node: NodeView
  clock: Clock
  logger: Logger
  runtimeHandler: RuntimeHandlerOf
  /** Why the node cannot take the pod, if it cannot. */
  refusal(pod: Pod): Refusal | undefined
  /** The same at the pod's start, when others may be ended for it: `waiting` until they are gone. */
  admit(pod: Pod): Refusal | 'waiting' | undefined
}

export interface ProbeManager extends ProbeResults {
  /** Undefined before the first answer; containers without a probe are not asked for. */
  readiness(containerId: string): boolean | undefined
  /** Probes the containers that run now, and stops probing those that do not. */
  follow(pod: Pod, state: PodState): void
  /** The pod is ending: only readiness goes on being probed. */
  stopLivenessAndStartup(uid: string): void
  forget(uid: string): void
}

/** Objects that pods refer to. The first read of one starts to watch it for the pod. */
export interface ObjectReader {
  configMap(namespace: string, name: string): Promise<ConfigMap | undefined>
  secret(namespace: string, name: string): Promise<Secret | undefined>
  services(): readonly Service[]
}

export interface NodeView {
  hostIPs(): string[]
  allocatable(): Readonly<Record<string, string>>
  memoryBytes: number
  dns: ClusterDns
  hostDns(): DnsConfig
}
