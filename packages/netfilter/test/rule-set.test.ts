import t from 'tap'
import {
  chainHash,
  changedChains,
  parseFlows,
  parseSavedTable,
  parseVersion,
  probability,
  rule,
  tableInput,
  targetOf,
} from '../src/index.ts'

const rules: { name: string; given: Parameters<typeof rule>[0]; text: string }[] = [
  {
    name: 'a bare address becomes a CIDR',
    given: { source: '10.0.0.1', jump: 'DROP' },
    text: '-s 10.0.0.1/32 -j DROP',
  },
  { name: 'a negated CIDR', given: { source: '!10.0.0.0/8', jump: 'A' }, text: '! -s 10.0.0.0/8 -j A' },
  {
    name: 'addresses come first, then protocol, comment and matches',
    given: {
      destination: '10.96.0.1',
      protocol: 'tcp',
      comment: 'ns/a:p cluster IP',
      match: '-m tcp --dport 80',
      jump: 'X',
    },
    text: '-d 10.96.0.1/32 -p tcp -m comment --comment "ns/a:p cluster IP" -m tcp --dport 80 -j X',
  },
  {
    name: 'a comment of one plain word is not quoted',
    given: { comment: 'word', jump: 'X' },
    text: '-m comment --comment word -j X',
  },
  {
    name: 'a comment cannot break out of its quotes',
    given: { comment: 'a" -j ACCEPT', jump: 'X' },
    text: '-m comment --comment "a  -j ACCEPT" -j X',
  },
]
for (const { name, given, text } of rules) t.test(name, async (t) => t.equal(rule(given), text))

t.test('a probability is what the kernel can hold', async (t) => {
  t.equal(probability(1 / 3), '0.33333333349')
  t.equal(probability(1 / 2), '0.50000000000')
})

t.test('only chains that differ are written', async (t) => {
  const kept = ['-j A']
  const change = changedChains(
    new Map([
      ['SAME', kept],
      ['EQUAL', ['-j B']],
      ['CHANGED', ['-j C']],
      ['GONE', []],
    ]),
    new Map([
      ['SAME', kept],
      ['EQUAL', ['-j B']],
      ['CHANGED', ['-j D']],
      ['NEW', []],
    ]),
  )
  t.same([...change.set.keys()], ['CHANGED', 'NEW'])
  t.same(change.remove, ['GONE'])
})

t.test('a change reads as input of iptables-restore', async (t) => {
  const text = tableInput('nat', {
    set: new Map([['A', ['-j RETURN', '-j B']]]),
    remove: ['OLD'],
    deleteRules: [{ from: 'OUTPUT', rule: '-j OLD' }],
    insertRules: [
      { from: 'OUTPUT', rule: '-j FIRST' },
      { from: 'OUTPUT', rule: '-j SECOND' },
    ],
  })
  t.equal(
    text,
    '*nat\n:A - [0:0]\n:OLD - [0:0]\n-A A -j RETURN\n-A A -j B\n-D OUTPUT -j OLD\n-I OUTPUT 1 -j SECOND\n-I OUTPUT 1 -j FIRST\n-X OLD\nCOMMIT\n',
  )
})

t.test('a saved table is read back', async (t) => {
  const saved = parseSavedTable(
    '# x\n*nat\n:OUTPUT ACCEPT [1:2]\n:A - [0:0]\n-A OUTPUT -m comment --comment "x -j NOT" -j A\nCOMMIT\n',
  )
  t.same(
    [...saved],
    [
      ['OUTPUT', ['-m comment --comment "x -j NOT" -j A']],
      ['A', []],
    ],
  )
  t.equal(targetOf(saved.get('OUTPUT')?.[0] ?? ''), 'A')
})

t.test('a hash is sixteen characters of base32', async (t) => {
  t.equal(chainHash(''), '4OYMIQUY7QOBJGX3')
  t.match(chainHash('default/web:httptcp'), /^[A-Z2-7]{16}$/)
})

const versions = [
  { output: 'iptables v1.8.9 (nf_tables)\n', variant: 'nf_tables', version: '1.8.9', randomFully: true },
  { output: 'iptables v1.8.4 (legacy)\n', variant: 'legacy', version: '1.8.4', randomFully: true },
  { output: 'iptables v1.6.1\n', variant: 'legacy', version: '1.6.1', randomFully: false },
]
for (const { output, ...expected } of versions)
  t.test(`reads ${output.trim()}`, async (t) => t.same(parseVersion(output), expected))

t.test('tracked flows are read', async (t) => {
  const output =
    'udp      17 29 src=10.244.0.9 dst=10.96.0.10 sport=5353 dport=53 [UNREPLIED] src=10.244.0.3 dst=10.244.0.9 sport=10053 dport=5353 mark=0 use=1\n'
  t.same(parseFlows(output), [
    {
      protocol: 'udp',
      originalSource: '10.244.0.9',
      originalDestination: '10.96.0.10',
      originalDestinationPort: 53,
      replySource: '10.244.0.3',
      replySourcePort: 10053,
    },
  ])
})
