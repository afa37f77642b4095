import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { restoreSysctls, setSysctls } from '../src/index.ts'

t.test('what was changed is recorded once and put back', async (t) => {
  const dir = t.testdir()
  const root = join(dir, 'sys')
  const record = join(dir, 'sysctls.json')
  mkdirSync(join(root, 'net/ipv4'), { recursive: true })
  const forward = join(root, 'net/ipv4/ip_forward')
  writeFileSync(forward, '0\n')
  const wanted = { 'net.ipv4.ip_forward': '1', 'net.bridge.bridge-nf-call-iptables': '1' }
  t.same(await setSysctls(wanted, { record, root }), {
    changed: ['net.ipv4.ip_forward'],
    missing: ['net.bridge.bridge-nf-call-iptables'],
  })
  t.equal(readFileSync(forward, 'utf8'), '1')
  t.same((await setSysctls(wanted, { record, root })).changed, [])
  t.same(await restoreSysctls({ record, root }), ['net.ipv4.ip_forward'])
  t.equal(readFileSync(forward, 'utf8'), '0')
  t.same(await restoreSysctls({ record, root }), [])
})
