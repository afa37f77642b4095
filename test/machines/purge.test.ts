import t from 'tap'
import { run } from '../e2e/kubectl.ts'

/** Everything a user could find of a cluster, as text that can be compared. */
async function snapshot(): Promise<Record<string, string>> {
  const print = async (...command: string[]) =>
    (await run(command[0] ?? '', command.slice(1), { mayFail: true })).stdout
  const rules = (await print('iptables-save'))
    .split('\n')
    // Counters, comments with the time, and tables that hold nothing but their built-in chains say nothing about anybody.
    .filter(
      (line) =>
        line.startsWith('-A') ||
        (line.startsWith(':') && !/^:(INPUT|OUTPUT|FORWARD|PREROUTING|POSTROUTING) ACCEPT/.test(line)),
    )
    .join('\n')
  return {
    rules,
    containers: await print('docker', 'ps', '-aq'),
    networks: await print('docker', 'network', 'ls', '--format', '{{.Name}}'),
    links: await print('ip', '-o', '-br', 'link'),
    addresses: await print('ip', '-o', '-br', 'address'),
    routes: await print('ip', 'route', 'show', 'table', 'all'),
    namespaces: await print('ip', 'netns'),
    mounts: await print('sh', '-c', "cut -d' ' -f2 /proc/mounts | grep tandem | grep -v tandem-lab || true"),
    cgroups: await print('sh', '-c', 'find /sys/fs/cgroup -path "*tandem*" -type d || true'),
    sysctls: await print('sysctl', 'net.ipv4.ip_forward', 'net.bridge.bridge-nf-call-iptables'),
    processes: await print(
      'sh',
      '-c',
      "ps -eo args | grep -E 'tandem-|packages/[a-z-]+/src/main' | grep -v grep | grep -v lab || true",
    ),
  }
}

t.test('down --purge leaves the host as it was', async (t) => {
  const root = `/tmp/tandem-purge-${process.pid}`
  t.teardown(() => run('rm', ['-rf', root]))
  await run('sysctl', ['-w', 'net.ipv4.ip_forward=0'])
  const before = await snapshot()
  const tandem = (...args: string[]) =>
    run(process.execPath, ['packages/cli/src/main.ts', ...args, '--root', root], { timeoutMs: 180_000 })
  await tandem('up', '--sample-app')
  const during = await snapshot()
  for (const what of ['rules', 'containers', 'links', 'cgroups', 'sysctls', 'processes'] as const)
    t.not(during[what], before[what], `${what} while it runs`)
  await tandem('down', '--purge')
  t.same(await snapshot(), before)
  t.equal((await run('ls', [root], { mayFail: true })).code, 2, 'the data are gone')
  await tandem('down', '--purge')
})
