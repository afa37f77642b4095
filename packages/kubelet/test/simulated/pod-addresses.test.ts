import t from 'tap'
import { PodAddresses } from '../../src/simulated/pod-addresses.ts'

t.test('each pod has an address of its own, and keeps it', (t) => {
  const addresses = new PodAddresses('198.18.0.0/15')
  t.equal(addresses.take('a'), '198.18.0.1')
  t.equal(addresses.take('b'), '198.18.0.2')
  t.equal(addresses.take('a'), '198.18.0.1')
  t.end()
})

t.test('a range of four has two addresses, and no more until one is given back', (t) => {
  const addresses = new PodAddresses('10.0.0.8/30')
  t.same([addresses.take('a'), addresses.take('b'), addresses.take('c')], ['10.0.0.9', '10.0.0.10', undefined])
  addresses.release('a')
  t.equal(addresses.take('c'), '10.0.0.9')
  t.end()
})

t.test('what an earlier process gave out is not given out again', (t) => {
  const addresses = new PodAddresses('10.0.0.0/24')
  addresses.adopt('old', '10.0.0.1')
  addresses.adopt('elsewhere', '192.0.2.1')
  t.equal(addresses.take('new'), '10.0.0.2')
  t.equal(addresses.take('old'), '10.0.0.1')
  t.end()
})

for (const cidr of ['10.0.0.0', '10.0.0.0/33', '10.0.0.256/24', 'fd00::/64'])
  t.test(`${cidr} is refused`, (t) => {
    t.throws(() => new PodAddresses(cidr), { name: 'TypeError' })
    t.end()
  })
