/** A CNI network configuration list, as in the specification. */
export interface NetworkConfigList {
  cniVersion: string
  name: string
  plugins: PluginConfig[]
}

export interface PluginConfig {
  type: string
  /** What the plugin wants to be told at run time, by name. */
  capabilities?: Record<string, boolean>
  [key: string]: unknown
}

export interface BridgeNetwork {
  /** Names the network in the plugins' state: one for each cluster. */
  name: string
  bridge: string
  podCIDRs: readonly string[]
  /** Where addresses in use are written down. */
  stateDirectory: string
  mtu?: number
}

/** Not the plugin's own 13, nor any of those that proxies of clusters on this host may mark packets with (13, 14). */
const hostPortMarkBit = 12

/**
 * The network of a node of ours: a bridge with an address in the node's range, and host ports. No masquerade here: what leaves
 * the cluster is masqueraded by one rule of the kubelet, whatever plugin wires pods.
 */
export const bridgeNetwork = ({ name, bridge, podCIDRs, stateDirectory, mtu }: BridgeNetwork): NetworkConfigList => ({
  cniVersion: '0.4.0',
  name,
  plugins: [
    {
      type: 'bridge',
      bridge,
      isGateway: true,
      ipMasq: false,
      // A pod may reach itself through its own Service.
      hairpinMode: true,
      ...(mtu === undefined ? {} : { mtu }),
      ipam: {
        type: 'host-local',
        ranges: podCIDRs.map((subnet) => [{ subnet }]),
        routes: podCIDRs.map((subnet) => ({ dst: subnet.includes(':') ? '::/0' : '0.0.0.0/0' })),
        dataDir: stateDirectory,
      },
    },
    { type: 'portmap', capabilities: { portMappings: true }, snat: true, markMasqBit: hostPortMarkBit },
  ],
})

/** The interface `lo` of every sandbox. */
export const loopbackNetwork: NetworkConfigList = {
  cniVersion: '0.4.0',
  name: 'cni-loopback',
  plugins: [{ type: 'loopback' }],
}

export interface RuntimeConfig {
  portMappings?: readonly { hostPort: number; containerPort: number; protocol: string; hostIP?: string }[]
  bandwidth?: Record<string, number>
}

/** What one plugin of a list is given on its standard input. */
export function pluginInput(options: {
  list: NetworkConfigList
  plugin: PluginConfig
  runtimeConfig: RuntimeConfig
  previous: unknown
}): Record<string, unknown> {
  const { list, plugin, runtimeConfig, previous } = options
  const wanted = Object.entries(runtimeConfig).filter(
    ([name, value]) => plugin.capabilities?.[name] && value !== undefined,
  )
  return {
    ...plugin,
    cniVersion: list.cniVersion,
    name: list.name,
    ...(wanted.length > 0 ? { runtimeConfig: Object.fromEntries(wanted) } : {}),
    ...(previous === undefined ? {} : { prevResult: previous }),
  }
}
