import t from 'tap'
import { eventually } from '../e2e/eventually.ts'
import { startMachine } from './machine.ts'

t.test('systemd units bring up both clusters until a pod serves, through restarts and installations', async (t) => {
  const machine = await startMachine(t, 'units')
  await machine.exec(['/opt/tandem/deploy/install.sh', 'prod', 'staging'], { timeoutMs: 120_000 })
  await eventually(
    async () => void (await machine.exec(['tandem', 'up', '--sample-app', '--attach'], { timeoutMs: 180_000 })),
    { seconds: 10 },
  )
  for (const cluster of ['prod', 'staging']) {
    const units = ['apiserver', 'controller-manager', 'scheduler', 'kubelet', 'proxy', 'dns'].map(
      (component) => `tandem-${component}@${cluster}.service`,
    )
    t.equal((await machine.sh(`systemctl is-active ${units.join(' ')} | sort -u`)).trim(), 'active', cluster)
  }
  const before = await machine.sh('docker ps -q --no-trunc | sort')
  await machine.sh('systemctl restart tandem-kubelet@prod tandem-apiserver@prod tandem-proxy@prod')
  await eventually(async () => void (await machine.exec(['tandem', 'up', '--sample-app', '--attach'])), { seconds: 60 })
  t.equal(await machine.sh('docker ps -q --no-trunc | sort'), before, 'the same containers run on')
  t.match(
    await machine.sh('systemctl show tandem-staging.slice -p CPUQuotaPerSecUSec'),
    /1\.50*s/,
    'staging is limited by its slice',
  )

  await machine.exec(['/opt/tandem/deploy/install.sh', '--uninstall'], { timeoutMs: 120_000 })
  t.equal(await machine.sh("systemctl list-units --all --plain --no-legend 'tandem*'"), '', 'no units are left')
  t.equal(await machine.sh('docker ps -q --no-trunc | sort'), before, 'pods run on without the programs')

  await machine.exec(['/opt/tandem/deploy/install.sh', 'prod', 'staging'], { timeoutMs: 120_000 })
  await machine.exec(['tandem', 'up', '--sample-app', '--attach'], { timeoutMs: 180_000 })
  t.equal(await machine.sh('docker ps -q --no-trunc | sort'), before, 'and are found again')

  await machine.exec(['/opt/tandem/deploy/install.sh', '--uninstall', '--purge'], { timeoutMs: 120_000 })
  t.equal(await machine.sh('docker ps -aq'), '', 'no containers are left')
  t.equal(
    await machine.sh("iptables-save | grep -E '(PROD|STAG|CNI)-' || true; ip -br link | grep tandem- || true"),
    '',
    'no rules and links',
  )
  t.equal(
    await machine.sh(
      'ls -d /var/lib/tandem /usr/local/lib/tandem /etc/tandem /usr/local/bin/tandem 2>/dev/null || true',
    ),
    '',
    'no files',
  )
})

t.test('a Docker service that up started goes with the purge, and all it made', async (t) => {
  const machine = await startMachine(t, 'service')
  const rules = (table: string) => machine.sh(`iptables-save -t ${table} | grep -E '^(-A|:)' | sed 's/ \\[.*//'`)
  const look = async () => ({
    links: await machine.sh('ip -br link'),
    filter: await rules('filter'),
    nat: await rules('nat'),
    engine: (await machine.exec(['systemctl', 'is-active', 'docker', 'docker.socket'], { mayFail: true })).stdout,
  })
  const tandem = (...args: string[]) =>
    machine.exec(
      ['/opt/tandem/node_modules/.bin/node', '/opt/tandem/packages/cli/src/main.ts', ...args, '--root', '/srv/tandem'],
      { timeoutMs: 180_000 },
    )
  // As on a machine that has not run Docker since it started.
  await machine.sh('systemctl stop docker docker.socket; ip link delete docker0; iptables -P FORWARD ACCEPT')
  await machine.sh('for table in filter nat; do iptables -t $table -F; iptables -t $table -X; done')
  const before = await look()
  await tandem('up', 'prod')
  const during = await look()
  for (const what of ['links', 'filter', 'nat', 'engine'] as const) t.not(during[what], before[what], what)
  await tandem('down', '--purge')
  t.same(await look(), before)
})
