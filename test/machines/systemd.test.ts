import t from 'tap'
import { eventually } from '../e2e/eventually.ts'
import { startMachine } from './machine.ts'

t.test('systemd units bring up both clusters until a pod serves, and after a reboot of the components', async (t) => {
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
})
