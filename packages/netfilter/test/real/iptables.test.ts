import { execFileSync } from 'node:child_process'
import t from 'tap'
import {
  createRuleSetWriter,
  inNetworkNamespace,
  openHeldAddresses,
  openIptables,
  probability,
  type RuleSetOwner,
  removeChainsWithPrefix,
  rule,
  tableNames,
} from '../../src/index.ts'

const namespace = `tandem-nf-${process.pid}`
const run = inNetworkNamespace(`/run/netns/${namespace}`)
execFileSync('ip', ['netns', 'add', namespace])
t.teardown(() => execFileSync('ip', ['netns', 'del', namespace]))
execFileSync('ip', ['-n', namespace, 'link', 'set', 'lo', 'up'])

const owner: RuleSetOwner = {
  owns: (chain) => chain.startsWith('KUBE-'),
  canary: 'KUBE-PROXY-CANARY',
  jumps: [
    { table: 'nat', from: 'OUTPUT', rule: rule({ comment: 'kubernetes service portals', jump: 'KUBE-SERVICES' }) },
  ],
}
const ruleSet = {
  nat: new Map([
    [
      'KUBE-SERVICES',
      [
        rule({
          destination: '10.96.0.1',
          protocol: 'tcp',
          comment: 'default/kubernetes:https cluster IP',
          match: '-m tcp --dport 443',
          jump: 'KUBE-SVC-A',
        }),
        rule({ destination: '!127.0.0.0/8', comment: 'last', match: '-m addrtype --dst-type LOCAL', jump: 'RETURN' }),
      ],
    ],
    [
      'KUBE-SVC-A',
      [
        rule({ source: '!10.244.0.0/16', jump: 'MARK --set-xmark 0x4000/0x4000' }),
        rule({
          comment: 'a -> b',
          match: `-m statistic --mode random --probability ${probability(1 / 3)}`,
          jump: 'RETURN',
        }),
      ],
    ],
  ]),
}

t.test('a real kernel holds what was written, and a new process finds it equal', async (t) => {
  const iptables = await openIptables({ run })
  const clean = await Promise.all(tableNames.map((table) => iptables.save(table)))
  const writer = createRuleSetWriter(iptables, owner)
  await writer.apply(ruleSet)
  t.equal(await writer.intact(), true)
  const again = await createRuleSetWriter(iptables, owner).apply(ruleSet)
  t.match(again, { full: true, changedChains: 0, removedChains: 0 }, 'what iptables-save prints is what rule() wrote')
  await run('iptables', ['-t', 'nat', '-F'])
  await run('iptables', ['-t', 'nat', '-X'])
  t.equal(await writer.intact(), false, 'a flush is noticed')
  writer.forget()
  t.ok((await writer.apply(ruleSet)).changedChains > 0)
  await removeChainsWithPrefix(iptables, 'KUBE')
  const rules = (text: string) => text.split('\n').filter((line) => line.startsWith('-A') || /^:KUBE/.test(line))
  t.same((await Promise.all(tableNames.map((table) => iptables.save(table)))).flatMap(rules), clean.flatMap(rules))
})

t.test('a rule the kernel refuses leaves the table as it was', async (t) => {
  const iptables = await openIptables({ run })
  const before = await iptables.save('nat')
  const bad = { nat: new Map([['KUBE-SERVICES', ['-j KUBE-NO-SUCH-CHAIN']]]) }
  await t.rejects(createRuleSetWriter(iptables, owner).apply(bad), { code: 'NETFILTER_COMMAND_FAILED' })
  const body = (text: string) => text.replaceAll(/^#.*$/gm, '').replaceAll(/\[\d+:\d+\]/g, '')
  t.equal(body(await iptables.save('nat')), body(before))
})

t.test('held addresses answer without an interface that carries them, and each owner sees its own', async (t) => {
  const mine = openHeldAddresses({ protocol: 201, run })
  const other = openHeldAddresses({ protocol: 202, run })
  await other.hold(['10.99.0.7'])
  t.same(await mine.hold(['10.98.0.1', '10.98.0.2']), { added: ['10.98.0.1', '10.98.0.2'], removed: [] })
  t.same(await mine.hold(['10.98.0.2']), { added: [], removed: ['10.98.0.1'] })
  t.same(await mine.list(), ['10.98.0.2'])
  t.match(await run('ip', ['route', 'get', '10.98.0.2']), /local 10\.98\.0\.2/)
  await mine.hold([])
  t.same(await other.list(), ['10.99.0.7'])
})
