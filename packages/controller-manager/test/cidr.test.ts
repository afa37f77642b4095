import t from 'tap'
import { formatCidr, parseCidr, subnetsOf } from '../src/cidr.ts'
import { chooseAddress } from '../src/load-balancers/allocate.ts'
import { allocatePodCidrs } from '../src/node-ipam/allocate.ts'

t.test('ranges are read, cut and written', async (t) => {
  t.equal(formatCidr(parseCidr('10.244.3.7/16')), '10.244.0.0/16')
  t.same([...subnetsOf(parseCidr('10.0.0.0/22'), 24)].map(formatCidr), [
    '10.0.0.0/24',
    '10.0.1.0/24',
    '10.0.2.0/24',
    '10.0.3.0/24',
  ])
  t.equal(formatCidr([...subnetsOf(parseCidr('fd00::/62'), 64)].at(-1) ?? parseCidr('::/0')), 'fd00:0:0:3::/64')
})

const pods = (used: string[], ...ranges: string[]) =>
  allocatePodCidrs(ranges.map(parseCidr), { used, maskSizeOf: ({ family }) => (family === 4 ? 24 : 64) })
const rows: [string, string[], string[], string[] | undefined][] = [
  ['the first', [], ['10.244.0.0/16'], ['10.244.0.0/24']],
  ['the first that is free', ['10.244.0.0/24', '10.244.2.0/24'], ['10.244.0.0/16'], ['10.244.1.0/24']],
  ['a larger range in use is kept clear of', ['10.244.0.0/22'], ['10.244.0.0/16'], ['10.244.4.0/24']],
  ['one of each family', [], ['10.244.0.0/16', 'fd00::/48'], ['10.244.0.0/24', 'fd00::/64']],
  ['nothing left', ['10.244.0.0/24'], ['10.244.0.0/24'], undefined],
]
for (const [name, used, ranges, expected] of rows) t.test(name, async (t) => t.same(pods(used, ...ranges), expected))

const addresses: [string, string[], string | undefined, object][] = [
  ['the first that is a host’s', [], undefined, { address: '10.98.0.1' }],
  ['the next', ['10.98.0.1'], undefined, { address: '10.98.0.2' }],
  ['the wanted one', [], '10.98.0.2', { address: '10.98.0.2' }],
  ['a wanted one in use', ['10.98.0.2'], '10.98.0.2', { refusal: /already in use/ }],
  ['a wanted one from elsewhere', [], '10.99.0.2', { refusal: /not in the load balancer pool/ }],
  ['none free', ['10.98.0.1', '10.98.0.2'], undefined, { refusal: /no address is free/ }],
]
for (const [name, used, wanted, expected] of addresses) {
  t.test(`an address: ${name}`, async (t) =>
    t.match(chooseAddress('10.98.0.0/30', { used: new Set(used), wanted }), expected),
  )
}
