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
