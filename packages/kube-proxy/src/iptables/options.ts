/** What the rules depend on beside Services and endpoints. */
export interface RulesOptions {
  /** `KUBE` unless the host carries several clusters. */
  chainPrefix: string
  /** Which bit of the packet mark says that a packet is to be masqueraded. */
  masqueradeBit: number
  /** Pod addresses of the cluster; none when it is not known who is a pod. */
  clusterCIDRs: readonly string[]
  masqueradeAll: boolean
  /** Addresses at which node ports answer; undefined for every local address. */
  nodePortAddresses: readonly string[] | undefined
  /** Node ports answer at 127.0.0.1 too. */
  localhostNodePorts: boolean
  /** Addresses of the node, to let it through a load balancer's source ranges. */
  nodeIPs: readonly string[]
  /** From where load-balancer addresses come that are held on this host. */
  loadBalancerCIDRs: readonly string[]
  /**
   * Ranges of other clusters on this host (pods, Services, load balancers, addresses of node ports): nothing passes between them and our
   * pods, and what answers there is not ours.
   */
  isolatedCIDRs: readonly string[]
  /** Ports of other clusters' components on the host's addresses, which our pods must not reach. */
  isolatedPorts: readonly number[]
  /** MASQUERADE takes `--random-fully`. */
  randomFully: boolean
  /** Packets that conntrack calls invalid are let through (`nf_conntrack_tcp_be_liberal` is on). */
  conntrackTCPLiberal: boolean
}

export const defaultRulesOptions: RulesOptions = {
  chainPrefix: 'KUBE',
  masqueradeBit: 14,
  clusterCIDRs: [],
  masqueradeAll: false,
  nodePortAddresses: undefined,
  localhostNodePorts: true,
  nodeIPs: [],
  loadBalancerCIDRs: [],
  isolatedCIDRs: [],
  isolatedPorts: [],
  randomFully: true,
  conntrackTCPLiberal: false,
}

export const masqueradeMark = ({ masqueradeBit }: RulesOptions): string => `0x${(2 ** masqueradeBit).toString(16)}`
