import { openIptables, type RunCommand, tableNames } from '@tandem/netfilter'
import t from 'tap'
import { defaultRulesOptions } from '../../src/iptables/options.ts'
import { createIptablesProxier } from '../../src/iptables/proxier.ts'
import { proxierSuite } from '../../src/testing/proxier-suite.ts'

proxierSuite(t, {
  createProxier: async ({ node, run, ...settings }) =>
    createIptablesProxier({
      iptables: await openIptables({ run }),
      node,
      rules: { ...defaultRulesOptions, ...settings, localhostNodePorts: settings.nodePortAddresses === undefined },
    }),

  async dump(run: RunCommand) {
    const tables = await Promise.all(tableNames.map((table) => run('iptables-save', ['-t', table])))
    return tables.join('').replaceAll(/^#.*\n|\[\d+:\d+\]/gm, '')
  },
})
