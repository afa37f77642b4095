import type { ContainerConfig, Mount } from '../container-runtime/runtime.ts'

/** A CDI specification, as far as the engine can be told of it: the Container Device Interface's own fields. */
export interface CdiSpec {
  kind: string
  devices: readonly { name: string; containerEdits?: CdiEdits }[]
  containerEdits?: CdiEdits
}

export interface CdiEdits {
  env?: readonly string[]
  deviceNodes?: readonly { path: string; hostPath?: string; permissions?: string }[]
  mounts?: readonly { hostPath: string; containerPath: string; options?: readonly string[] }[]
  hooks?: readonly object[]
}

/** What containers get with their devices. */
export type DeviceConfig = Required<Pick<ContainerConfig, 'env' | 'mounts' | 'devices'>>

export const noDevices: DeviceConfig = { env: [], mounts: [], devices: [] }

/** What devices, by their names `vendor/class=name`, change of a container. Throws for one that nothing describes. */
export function containerEditsOf(ids: readonly string[], specs: readonly CdiSpec[]): DeviceConfig {
  const used = new Set<CdiSpec>()
  const edits = ids.map((id) => {
    const [kind, name] = id.split('=')
    const spec = specs.find((each) => each.kind === kind && each.devices.some((device) => device.name === name))
    if (!spec) throw new Error(`unresolvable CDI devices ${id}`)
    used.add(spec)
    return spec.devices.find((device) => device.name === name)?.containerEdits ?? {}
  })
  // What a specification asks for whenever one of its devices is used comes first, and once.
  const all = [...[...used].map(({ containerEdits = {} }) => containerEdits), ...edits]
  if (all.some(({ hooks = [] }) => hooks.length > 0)) throw new Error(`CDI hooks are not supported: ${ids.join(', ')}`)
  return {
    env: all.flatMap(({ env = [] }) => env).map(variable),
    devices: all
      .flatMap(({ deviceNodes = [] }) => deviceNodes)
      .map(({ path, hostPath, permissions }) => ({
        hostPath: hostPath || path,
        containerPath: path,
        permissions: permissions || 'rwm',
      })),
    mounts: all.flatMap(({ mounts = [] }) => mounts).map(mount),
  }
}

const variable = (text: string): { name: string; value: string } => {
  const equals = text.indexOf('=')
  return equals < 0 ? { name: text, value: '' } : { name: text.slice(0, equals), value: text.slice(equals + 1) }
}

const propagations: Readonly<Record<string, Mount['propagation']>> = { rslave: 'rslave', rshared: 'rshared' }

const mount = ({ hostPath, containerPath, options = [] }: NonNullable<CdiEdits['mounts']>[number]): Mount => ({
  hostPath,
  containerPath,
  readOnly: options.includes('ro'),
  propagation: options.map((option) => propagations[option]).find((propagation) => propagation) ?? 'private',
})
