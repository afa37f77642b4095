import t from 'tap'
import { createRuleSetWriter, type Jump, type RuleSetOwner, removeChainsWithPrefix } from '../src/index.ts'
import { createMemoryIptables } from '../src/testing/memory-iptables.ts'

const ownerOf = (prefix: string): RuleSetOwner => ({
  owns: (chain) => chain.startsWith(`${prefix}-`),
  canary: `${prefix}-CANARY`,
  jumps: [
    { table: 'filter', from: 'FORWARD', rule: `-j ${prefix}-FIRST` },
    { table: 'filter', from: 'FORWARD', rule: `-j ${prefix}-SECOND` },
  ] satisfies Jump[],
})
const chainsOf = (prefix: string, rules: string[] = []) => ({
  filter: new Map([
    [`${prefix}-FIRST`, rules],
    [`${prefix}-SECOND`, []],
  ]),
})

t.test('the first write puts jumps at the head, in order, ahead of what decides', async (t) => {
  const iptables = createMemoryIptables()
  await iptables.restore('*filter\n-A FORWARD -j DROP\nCOMMIT\n')
  const writer = createRuleSetWriter(iptables, ownerOf('KUBE'))
  t.equal((await writer.apply(chainsOf('KUBE'))).full, true)
  t.same(iptables.rules('filter', 'FORWARD'), ['-j KUBE-FIRST', '-j KUBE-SECOND', '-j DROP'])
})

t.test('nothing is written when nothing changed', async (t) => {
  const iptables = createMemoryIptables()
  const writer = createRuleSetWriter(iptables, ownerOf('KUBE'))
  await writer.apply(chainsOf('KUBE', ['-j RETURN']))
  t.equal(iptables.inputs.length, 1)
  await writer.apply(chainsOf('KUBE', ['-j RETURN']))
  t.equal(iptables.inputs.length, 1)
})

t.test('a change writes one chain', async (t) => {
  const iptables = createMemoryIptables()
  const writer = createRuleSetWriter(iptables, ownerOf('KUBE'))
  await writer.apply(chainsOf('KUBE'))
  t.match(await writer.apply(chainsOf('KUBE', ['-j ACCEPT'])), {
    full: false,
    changedChains: 1,
    writtenRules: { filter: 1 },
  })
  t.equal(iptables.inputs.at(-1), '*filter\n:KUBE-FIRST - [0:0]\n-A KUBE-FIRST -j ACCEPT\nCOMMIT\n')
})

t.test('a new process finds its rules in force and writes nothing', async (t) => {
  const iptables = createMemoryIptables()
  await createRuleSetWriter(iptables, ownerOf('KUBE')).apply(chainsOf('KUBE', ['-j ACCEPT']))
  const before = iptables.inputs.length
  await createRuleSetWriter(iptables, ownerOf('KUBE')).apply(chainsOf('KUBE', ['-j ACCEPT']))
  t.equal(iptables.inputs.length, before)
})

t.test('a new process removes chains of its own that are no longer wanted', async (t) => {
  const iptables = createMemoryIptables()
  await iptables.restore('*filter\n:KUBE-OLD - [0:0]\n:OTHER - [0:0]\n-I FORWARD 1 -j KUBE-OLD\nCOMMIT\n')
  await createRuleSetWriter(iptables, ownerOf('KUBE')).apply(chainsOf('KUBE'))
  t.equal(iptables.rules('filter', 'KUBE-OLD'), undefined)
  t.ok(iptables.rules('filter', 'OTHER'))
  t.same(iptables.rules('filter', 'FORWARD'), ['-j KUBE-FIRST', '-j KUBE-SECOND'])
})

t.test('two owners stand side by side and do not push each other back', async (t) => {
  const iptables = createMemoryIptables()
  const prod = createRuleSetWriter(iptables, ownerOf('KUBE'))
  await prod.apply(chainsOf('KUBE'))
  await createRuleSetWriter(iptables, ownerOf('STAGE')).apply(chainsOf('STAGE'))
  const writes = iptables.inputs.length
  prod.forget()
  await prod.apply(chainsOf('KUBE'))
  t.equal(iptables.inputs.length, writes)
  t.same(iptables.rules('filter', 'FORWARD'), ['-j STAGE-FIRST', '-j STAGE-SECOND', '-j KUBE-FIRST', '-j KUBE-SECOND'])
})

t.test('a flush is noticed and mended', async (t) => {
  const iptables = createMemoryIptables()
  const writer = createRuleSetWriter(iptables, ownerOf('KUBE'))
  await writer.apply(chainsOf('KUBE', ['-j ACCEPT']))
  t.equal(await writer.intact(), true)
  iptables.flush()
  t.equal(await writer.intact(), false)
  writer.forget()
  await writer.apply(chainsOf('KUBE', ['-j ACCEPT']))
  t.same(iptables.rules('filter', 'KUBE-FIRST'), ['-j ACCEPT'])
  t.same(iptables.rules('filter', 'FORWARD'), ['-j KUBE-FIRST', '-j KUBE-SECOND'])
})

t.test('after a write that failed, the kernel is read again', async (t) => {
  const iptables = createMemoryIptables()
  const writer = createRuleSetWriter(
    { ...iptables, restore: async () => Promise.reject(new Error('locked')) },
    ownerOf('KUBE'),
  )
  await t.rejects(writer.apply(chainsOf('KUBE')), { message: 'locked' })
  t.equal(iptables.rules('filter', 'KUBE-FIRST'), undefined)
})

t.test('a prefix is removed without a trace, and only it', async (t) => {
  const iptables = createMemoryIptables()
  const empty = Promise.all((['filter', 'nat', 'mangle'] as const).map(iptables.save))
  const before = await empty
  await createRuleSetWriter(iptables, ownerOf('STAGE')).apply(chainsOf('STAGE'))
  const staging = await iptables.save('filter')
  await createRuleSetWriter(iptables, ownerOf('KUBE')).apply(chainsOf('KUBE'))
  await removeChainsWithPrefix(iptables, 'KUBE')
  t.equal(await iptables.save('filter'), staging)
  await removeChainsWithPrefix(iptables, 'STAGE')
  t.same(await Promise.all((['filter', 'nat', 'mangle'] as const).map(iptables.save)), before)
})
