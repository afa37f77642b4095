import { writeFile } from 'node:fs/promises'
import type { Logger } from '@tandem/component-base'
import {
  createRuleSetWriter,
  type Iptables,
  openIptables,
  type RuleSetWriter,
  rule,
  runCommand,
} from '@tandem/netfilter'
import { bridgeNetwork, type NetworkConfigList } from './cni-config.ts'

export interface NodeNetworkOptions {
  bridge: string
  clusterName: string
  chainPrefix: string
  /** Ranges of the cluster that are no pods': Services, load balancers. */
  routedCidrs: readonly string[]
  clusterCIDR: string | undefined
  stateDirectory: string
  mtu: number | undefined
  logger: Logger
}

const setupFailed = 'the bridge of this node could not be set up'

/** The node's own part of the pod network: the bridge with its gateway address, routes, and the masquerade of what leaves. */
export class NodeNetwork {
  readonly #options: NodeNetworkOptions
  #list: NetworkConfigList | undefined
  #podCIDRs: readonly string[] = []
  #settingUp: Promise<void> | undefined
  #iptables: Iptables | undefined
  #rules: RuleSetWriter | undefined
  #error: string | undefined = 'no pod CIDR is assigned to the node yet'

  constructor(options: NodeNetworkOptions) {
    this.#options = options
  }

  /** What pods are attached to; undefined until the node has its range. */
  get list(): NetworkConfigList | undefined {
    return this.#list
  }

  get error(): string | undefined {
    return this.#error
  }

  /** Takes the ranges that the node was given. A node keeps its range for its life; the first counts. */
  async setPodCIDRs(podCIDRs: readonly string[]): Promise<void> {
    if (podCIDRs.length === 0 || this.#list) return
    this.#settingUp ??= this.#setUp(podCIDRs).finally(() => {
      this.#settingUp = undefined
    })
    await this.#settingUp
  }

  async #setUp(podCIDRs: readonly string[]): Promise<void> {
    const { bridge, clusterName, stateDirectory, mtu, logger } = this.#options
    this.#podCIDRs = podCIDRs
    try {
      await this.#setUpBridge()
      await this.#masquerade()
      this.#error = undefined
    } catch (error) {
      this.#error = error instanceof Error ? error.message : setupFailed
      logger.error({ error }, setupFailed)
      return
    }
    this.#list = bridgeNetwork({
      name: clusterName,
      bridge,
      podCIDRs,
      stateDirectory,
      ...(mtu === undefined ? {} : { mtu }),
    })
  }

  async #setUpBridge(): Promise<void> {
    const { bridge, routedCidrs } = this.#options
    const links = await runCommand('ip', ['-o', 'link', 'show'])
    if (!links.includes(` ${bridge}: `)) await runCommand('ip', ['link', 'add', 'name', bridge, 'type', 'bridge'])
    await runCommand('ip', ['link', 'set', bridge, 'up'])
    await this.#refuseForeignSources()
    for (const cidr of this.#podCIDRs)
      await runCommand('ip', ['address', 'replace', gatewayAddress(cidr), 'dev', bridge])
    for (const cidr of routedCidrs) await runCommand('ip', ['route', 'replace', cidr, 'dev', bridge])
  }

  /** A pod may make up packets: from addresses that are not behind the bridge none pass, or rules that know pods by them would not hold. */
  async #refuseForeignSources(): Promise<void> {
    const { bridge, logger } = this.#options
    await writeFile(`/proc/sys/net/ipv4/conf/${bridge}/rp_filter`, '1').catch((error: unknown) =>
      logger.warn({ error, bridge }, 'addresses that pods make up are not refused'),
    )
  }

  /** Puts back what somebody else may have taken away: a firewall that was flushed, a link that was deleted. Tries again what failed. */
  async repair(): Promise<void> {
    if (!this.#list) return this.setPodCIDRs(this.#podCIDRs)
    try {
      await this.#setUpBridge()
      if (this.#rules && !(await this.#rules.intact())) {
        this.#rules.forget()
        await this.#masquerade()
      }
    } catch (error) {
      this.#options.logger.warn({ error }, setupFailed)
    }
  }

  /** What leaves the cluster does so with the node's address, for nobody outside knows a way back to a pod. */
  async #masquerade(): Promise<void> {
    const { clusterCIDR, chainPrefix } = this.#options
    if (!clusterCIDR) return
    const chain = `${chainPrefix}-POD-MASQ`
    const canary = `${chainPrefix}-POD-CANARY`
    const comment = 'kubernetes pod traffic that leaves the cluster'
    this.#iptables ??= await openIptables()
    this.#rules ??= createRuleSetWriter(this.#iptables, {
      owns: (name, table) => table === 'nat' && (name === chain || name === canary),
      jumps: [{ table: 'nat', from: 'POSTROUTING', rule: rule({ comment, jump: chain }) }],
      canary,
    })
    const random = this.#iptables.features.randomFully ? ' --random-fully' : ''
    await this.#rules.apply({ nat: new Map([[chain, masqueradeRules(this.#podCIDRs, clusterCIDR, random)]]) })
  }
}

export const masqueradeRules = (podCIDRs: readonly string[], clusterCIDR: string, options: string): string[] =>
  podCIDRs.map((source) =>
    rule({
      source,
      destination: `!${clusterCIDR}`,
      match: '-m addrtype ! --dst-type LOCAL',
      jump: `MASQUERADE${options}`,
    }),
  )

/** The first address of a range, which is the bridge's: `10.244.0.1/24`. */
export function gatewayAddress(cidr: string): string {
  const [network = '', bits = ''] = cidr.split('/')
  if (network.includes(':')) return `${network.replace(/::$/, '')}::1/${bits}`
  const parts = network.split('.').map(Number)
  const value = parts.reduce((sum, part) => sum * 256 + part, 0) + 1
  return `${[24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')}/${bits}`
}
