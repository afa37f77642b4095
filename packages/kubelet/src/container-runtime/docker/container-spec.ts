import type Docker from 'dockerode'
import type { ContainerConfig, LinuxResources, LinuxSecurity, SandboxConfig } from '../runtime.ts'
import { containerLabels, engineName, type Scope, sandboxLabels } from './labels.ts'

/** What this engine cannot do, learnt from its refusals: hosts whose engine lacks CAP_SYS_RESOURCE. */
export interface EngineLimits {
  negativeOomScore: boolean
  privileged: boolean
}

type CreateOptions = Docker.ContainerCreateOptions

/** Kept small, for logs of many containers share the engine's disk: upstream's containerLogMaxSize and containerLogMaxFiles. */
const logging = { Type: 'json-file', Config: { 'max-size': '10m', 'max-file': '5' } }

const sandboxOomScore = -998

export function sandboxSpec(
  config: SandboxConfig,
  { scope, image, limits }: { scope: Scope; image: string; limits: EngineLimits },
): CreateOptions {
  return {
    name: engineName('POD', config.pod, config.attempt),
    Image: image,
    Labels: { ...sandboxLabels(scope, config) },
    ...(config.hostNetwork ? {} : { Hostname: config.hostname }),
    HostConfig: {
      ...runtimeOf(config),
      // The engine's own networks are never used: the address comes by CNI.
      NetworkMode: config.hostNetwork ? 'host' : 'none',
      IpcMode: config.hostIpc ? 'host' : 'shareable',
      ...(config.hostPid ? { PidMode: 'host' } : {}),
      CgroupParent: config.cgroupParent,
      CpuShares: 2,
      OomScoreAdj: limits.negativeOomScore ? sandboxOomScore : 0,
      SecurityOpt: ['no-new-privileges'],
      ReadonlyRootfs: true,
      LogConfig: { Type: 'none', Config: {} },
      ...(Object.keys(config.sysctls).length > 0 ? { Sysctls: config.sysctls } : {}),
    },
  }
}

export function containerSpec(
  config: ContainerConfig,
  { scope, limits }: { scope: Scope; limits: EngineLimits },
): CreateOptions {
  const { resources, security, namespaces, sandbox } = config
  const shared = `container:${sandbox.id}`
  return {
    name: engineName(config.name, config.pod, config.attempt),
    Image: config.image,
    Labels: { ...containerLabels(scope, config) },
    Env: config.env.map(({ name, value }) => `${name}=${value}`),
    ...(config.command ? { Entrypoint: [...config.command] } : {}),
    // Docker keeps the image's arguments beside a new entrypoint only when it is told nothing; Kubernetes drops them.
    ...(config.args ? { Cmd: [...config.args] } : config.command ? { Cmd: [] } : {}),
    ...(config.workingDir ? { WorkingDir: config.workingDir } : {}),
    ...(config.stopSignal ? { StopSignal: config.stopSignal } : {}),
    OpenStdin: config.stdin,
    StdinOnce: config.stdinOnce,
    Tty: config.tty,
    ...userOf(security),
    Healthcheck: { Test: ['NONE'] },
    HostConfig: {
      ...runtimeOf(config),
      NetworkMode: shared,
      IpcMode: namespaces.hostIpc ? 'host' : shared,
      ...pidModeOf(config, shared),
      Binds: config.mounts.map(bindOf),
      Devices: (config.devices ?? []).map((device) => ({
        PathOnHost: device.hostPath,
        PathInContainer: device.containerPath,
        CgroupPermissions: device.permissions,
      })),
      CgroupParent: config.cgroupParent,
      ...resourceSpec(resources),
      OomScoreAdj: limits.negativeOomScore ? resources.oomScoreAdj : Math.max(0, resources.oomScoreAdj),
      ...securityOf(security, limits),
      GroupAdd: security.supplementalGroups.map(String),
      ReadonlyRootfs: security.readOnlyRootFilesystem,
      LogConfig: logging,
    },
  }
}

/** `docker` is what RuntimeClasses call the engine's own default. */
const runtimeOf = ({ runtimeHandler }: { runtimeHandler: string }): { Runtime?: string } =>
  runtimeHandler === '' || runtimeHandler === 'docker' ? {} : { Runtime: runtimeHandler }

export const resourceSpec = ({ cpuShares, cpuQuota, cpuPeriod = 100_000, memoryLimit }: LinuxResources) => ({
  CpuShares: cpuShares,
  ...(cpuQuota === undefined ? {} : { CpuQuota: cpuQuota, CpuPeriod: cpuPeriod }),
  // Swap is not the pod's to use: memory and swap together are the limit.
  ...(memoryLimit === undefined ? {} : { Memory: memoryLimit, MemorySwap: memoryLimit }),
})

function pidModeOf({ namespaces }: ContainerConfig, shared: string): { PidMode?: string } {
  if (namespaces.hostPid) return { PidMode: 'host' }
  if (namespaces.shareProcessNamespace) return { PidMode: shared }
  return namespaces.targetContainerId ? { PidMode: `container:${namespaces.targetContainerId}` } : {}
}

const bindOf = ({ hostPath, containerPath, readOnly, propagation }: ContainerConfig['mounts'][number]): string => {
  const options = [...(readOnly ? ['ro'] : []), ...(propagation === 'private' ? [] : [propagation])]
  return [hostPath, containerPath, ...(options.length > 0 ? [options.join(',')] : [])].join(':')
}

function userOf({ runAsUser, runAsGroup }: LinuxSecurity): { User?: string } {
  if (runAsUser === undefined && runAsGroup === undefined) return {}
  return { User: runAsGroup === undefined ? String(runAsUser) : `${runAsUser ?? 0}:${runAsGroup}` }
}

/** All capabilities that a container may be given on a host without CAP_SYS_RESOURCE. */
const allButSysResource = (
  'AUDIT_CONTROL AUDIT_READ AUDIT_WRITE BLOCK_SUSPEND CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID IPC_LOCK IPC_OWNER KILL ' +
  'LEASE LINUX_IMMUTABLE MAC_ADMIN MAC_OVERRIDE MKNOD NET_ADMIN NET_BIND_SERVICE NET_BROADCAST NET_RAW SETFCAP SETGID SETPCAP ' +
  'SETUID SYSLOG SYS_ADMIN SYS_BOOT SYS_CHROOT SYS_MODULE SYS_NICE SYS_PACCT SYS_PTRACE SYS_RAWIO SYS_TIME SYS_TTY_CONFIG WAKE_ALARM'
).split(' ')

const unconfined = ['seccomp=unconfined', 'apparmor=unconfined']

function securityOf(security: LinuxSecurity, limits: EngineLimits): Docker.HostConfig {
  if (security.privileged) {
    if (limits.privileged) return { Privileged: true }
    return {
      CapAdd: allButSysResource,
      SecurityOpt: unconfined,
      MaskedPaths: [],
      ReadonlyPaths: [],
      DeviceCgroupRules: ['a *:* rwm'],
    }
  }
  const options = [
    ...(security.noNewPrivileges ? ['no-new-privileges'] : []),
    ...(security.seccomp.type === 'Unconfined' ? ['seccomp=unconfined'] : []),
    // The engine takes a profile's content, not its name.
    ...(security.seccomp.type === 'Localhost' ? [`seccomp=${security.seccomp.profile}`] : []),
    ...(security.apparmor === undefined ? [] : [`apparmor=${security.apparmor}`]),
  ]
  return {
    CapAdd: [...security.addCapabilities],
    CapDrop: [...security.dropCapabilities],
    ...(options.length > 0 ? { SecurityOpt: options } : {}),
    ...(security.unmaskedProc ? { MaskedPaths: [], ReadonlyPaths: [] } : {}),
  }
}

/** Which limit of the engine a refused start tells of, if any. */
export function refusedLimit(message: string): keyof EngineLimits | undefined {
  if (/unable to apply caps|can't (?:apply|set) (?:bounding|capabilities)|error setting capabilities/i.test(message))
    return 'privileged'
  if (/oom_score_adj|child's PID from pipe/i.test(message)) return 'negativeOomScore'
  return undefined
}
