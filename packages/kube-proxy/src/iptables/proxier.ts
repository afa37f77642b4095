import { createRuleSetWriter, type Iptables, type RuleSet, removeChains } from '@tandem/netfilter'
import type { ProxyNode } from '../endpoint.ts'
import type { Proxier } from '../proxier.ts'
import { chainNames } from './chains.ts'
import { jumps } from './jumps.ts'
import type { RulesOptions } from './options.ts'
import { createRuleBuilder } from './rules.ts'

export interface IptablesProxierOptions {
  iptables: Iptables
  node: ProxyNode
  rules: RulesOptions
}

export function createIptablesProxier({ iptables, node, rules }: IptablesProxierOptions): Proxier {
  const names = chainNames(rules.chainPrefix)
  const build = createRuleBuilder({ ...rules, randomFully: rules.randomFully && iptables.features.randomFully }, node)
  const writer = createRuleSetWriter(iptables, {
    owns: (chain) => names.owns(chain),
    jumps: jumps(names, rules),
    canary: names.canary,
  })
  return {
    async sync(state) {
      const { ruleSet, withoutLocalEndpoints } = build(state)
      const { full, writtenRules } = await writer.apply(ruleSet)
      return { full, writtenRules, totalRules: countRules(ruleSet), withoutLocalEndpoints }
    },
    forget: () => writer.forget(),
    intact: () => writer.intact(),
    async cleanup() {
      writer.forget()
      await removeChains(iptables, (chain) => names.owns(chain))
    },
  }
}

const countRules = (ruleSet: RuleSet): Record<string, number> =>
  Object.fromEntries(
    Object.entries(ruleSet).map(([table, chains]) => [
      table,
      [...chains.values()].reduce((sum, rules) => sum + rules.length, 0),
    ]),
  )
