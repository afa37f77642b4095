import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Service } from '@tandem/api/core/v1/types'
import type { EndpointSlice } from '@tandem/api/discovery/v1/types'
import { type TableName, tableInput } from '@tandem/netfilter'
import { loadAll } from 'js-yaml'
import t from 'tap'
import { defaultRulesOptions, type RulesOptions } from '../../src/iptables/options.ts'
import { createRuleBuilder } from '../../src/iptables/rules.ts'
import { ServiceMap } from '../../src/service-map.ts'

/**
 * Each `<name>.input.yaml` makes `<name>.output.rules`. The first document of an input names the node and the options. With UPDATE=1 the
 * outputs are written anew: read the difference, and commit only what you understand.
 */
const fixtures = join(import.meta.dirname, 'fixtures')

interface Head {
  kind: 'ProxyTest'
  options?: Partial<RulesOptions>
}

function rulesOf(input: string): string {
  const [head, ...objects] = loadAll(input) as [Head, ...(Service | EndpointSlice)[]]
  const node = { name: 'node-1' }
  const map = new ServiceMap(node)
  for (const object of objects) {
    if (object.kind === 'Service') map.setService(object as Service)
    else map.setSlice(object as EndpointSlice)
  }
  const options = { ...defaultRulesOptions, clusterCIDRs: ['10.244.0.0/16'], ...head.options }
  const { ruleSet } = createRuleBuilder(options, node)(map.state())
  return (Object.entries(ruleSet) as [TableName, ReadonlyMap<string, string[]>][])
    .map(([table, set]) => tableInput(table, { set, remove: [], deleteRules: [], insertRules: [] }))
    .join('')
}

for (const file of readdirSync(fixtures)
  .filter((name) => name.endsWith('.input.yaml'))
  .sort()) {
  t.test(file.replace('.input.yaml', '').replaceAll('-', ' '), async (t) => {
    const output = join(fixtures, file.replace('.input.yaml', '.output.rules'))
    const rules = rulesOf(readFileSync(join(fixtures, file), 'utf8'))
    if (process.env.UPDATE) writeFileSync(output, rules)
    t.equal(rules, readFileSync(output, 'utf8'))
  })
}
