import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { CniNetwork } from '../../src/network/cni-network.ts'

const list = { cniVersion: '1.0.0', name: 'pods', plugins: [{ type: 'bridge' }] }
const request = { sandboxId: 's1', namespace: '/proc/1/ns/net', pod: { uid: 'u1', name: 'web', namespace: 'default' } }

/** Plugins that are scripts: what they do is a line of shell each. */
function networkOf(root: string, plugins: Record<'bridge' | 'loopback', string>): CniNetwork {
  for (const [name, script] of Object.entries(plugins)) {
    const path = join(root, name)
    writeFileSync(path, `#!/bin/sh\necho "${name} $CNI_COMMAND begins" >> ${root}/log\n${script}\n`)
    chmodSync(path, 0o755)
  }
  const options = { stateDirectory: join(root, 'state'), binaryDirectories: [root], network: () => list }
  return new CniNetwork(options as unknown as ConstructorParameters<typeof CniNetwork>[0])
}

t.test('a record that a loss of power left empty keeps no other pod from its network', async (t) => {
  const root = t.testdir({ state: { 's1.json': '', 's2.json': '{"result":{"ips":[{"address":"10.244.0.9/24"}]}}' } })
  const network = networkOf(root, { bridge: '', loopback: '' })
  t.same(network.addresses('s1'), [])
  t.same(network.addresses('s2'), ['10.244.0.9'])
})

t.test('after a failure nothing is taken back while it is still being given', async (t) => {
  const root = t.testdir()
  const network = networkOf(root, {
    bridge: `sleep 0.2; echo "bridge $CNI_COMMAND ends" >> ${root}/log`,
    loopback: 'exit 1',
  })
  await t.rejects(network.add({ ...request, portMappings: [] }), { code: 'CNI' })
  await network.remove('s1')
  const log = readFileSync(join(root, 'log'), 'utf8')
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('bridge'))
  t.same(log, ['bridge ADD begins', 'bridge ADD ends', 'bridge DEL begins', 'bridge DEL ends'])
  t.notOk(existsSync(join(root, 'state', 's1.json')))
})
