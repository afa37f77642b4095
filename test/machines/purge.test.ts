import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { engineSocket } from '@tandem/cluster/host/engine'
import { planClusters } from '@tandem/cluster/plan'
import t, { type Test } from 'tap'
import { run } from '../e2e/kubectl.ts'
import { type SnapshotScope, snapshotHost } from './host-snapshot.ts'

t.before(() => run('sysctl', ['-w', 'net.ipv4.ip_forward=0']))

t.test('down --purge leaves the host as it was', async (t) => {
  const root = `/tmp/tandem-purge-${process.pid}`
  const { scope, tandem } = clustersBelow(t, root, engineSocket())
  const before = await snapshotHost(scope)
  await tandem('up', '--sample-app')
  const during = await snapshotHost(scope)
  for (const what of ['rules', 'containers', 'images', 'links', 'routes', 'cgroups', 'sysctls', 'processes'])
    t.not(during[what], before[what], `${what} while it runs`)
  await tandem('down', '--purge')
  t.same(await snapshotHost(scope), before)
  t.notOk(existsSync(root), 'the data are gone')
  await tandem('down', '--purge')
})

t.test('an engine that up started goes with the purge, and all it held', async (t) => {
  const root = `/tmp/tandem-own-${process.pid}`
  // Beside the root and not in it: who starts an engine at a socket does not know of roots.
  const socketPath = `${root}.sock`
  t.teardown(() => run('rm', ['-f', socketPath]))
  const { scope, tandem } = clustersBelow(t, root, socketPath)
  const before = await snapshotHost(scope)
  await tandem('up', '--sample-app')
  const during = await snapshotHost(scope)
  t.match(during.processes, `--data-root=${root}/engine/data`, 'an engine of its own')
  t.match(during.networks, 'host', 'which answers')

  await tandem('down')
  t.match(
    (await snapshotHost(scope)).processes,
    `--data-root=${root}/engine/data`,
    'down leaves it, for its pods run on',
  )

  const { identity } = JSON.parse(readFileSync(join(root, 'engine/start.json'), 'utf8')) as {
    identity: { pid: number }
  }
  process.kill(identity.pid, 'SIGKILL')
  await tandem('down', '--purge')
  t.same(await snapshotHost(scope), before, 'also where it had died')
  t.notOk(existsSync(root), 'the data are gone')
  t.notOk(existsSync(socketPath), 'so is the socket')
})

/** The CLI for clusters below a root, whose every trace is removed at the end even where the test failed. */
function clustersBelow(t: Test, root: string, socketPath: string) {
  const tandem = (...args: string[]) =>
    run(process.execPath, ['packages/cli/src/main.ts', ...args, '--root', root], {
      timeoutMs: 180_000,
      env: { DOCKER_HOST: `unix://${socketPath}` },
    })
  t.teardown(async () => {
    await tandem('down', '--purge')
    await run('rm', ['-rf', root])
  })
  const host = { hostname: 'host', address: '198.18.0.1', cpus: 1, memoryBytes: 1 }
  const [plan] = planClusters({ root, host, clusters: ['prod', 'staging'] })
  const scope: SnapshotScope = {
    directories: [root, dirname(socketPath)].filter((directory) => directory !== '/tmp'),
    cgroup: dirname(plan?.cgroup ?? ''),
    socketPath,
  }
  return { scope, tandem }
}
