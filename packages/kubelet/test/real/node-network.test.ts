import { execFileSync } from 'node:child_process'
import t from 'tap'

/** In a network namespace of its own, which goes with the process. */
const script = `
  import { readFileSync } from 'node:fs'
  import { silentLogger } from '@tandem/component-base'
  import { NodeNetwork } from '${new URL('../../src/network/node-network.ts', import.meta.url)}'
  const network = new NodeNetwork({
    bridge: 'pods0', clusterName: 'test', chainPrefix: 'TEST', routedCidrs: ['10.96.0.0/16'], clusterCIDR: undefined,
    stateDirectory: '/nowhere', mtu: undefined, logger: silentLogger,
  })
  await network.setPodCIDRs(['10.244.0.0/24'])
  process.stdout.write(JSON.stringify([network.error ?? '', readFileSync('/proc/sys/net/ipv4/conf/pods0/rp_filter', 'utf8').trim()]))
`

t.test('a bridge takes no packets from addresses that are not behind it', async (t) => {
  const node = [process.execPath, '--input-type=module', '--eval', script]
  const output = execFileSync('unshare', ['--net', ...node], { cwd: import.meta.dirname, encoding: 'utf8' })
  t.same(JSON.parse(output), ['', '1'])
})
