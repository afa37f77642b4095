import t from 'tap'
import { eventually } from '../e2e/eventually.ts'
import { run } from '../e2e/kubectl.ts'
import { ensureImage } from './image.ts'
import { startMachine } from './machine.ts'

const components = ['apiserver', 'controller-manager', 'scheduler', 'kubelet', 'proxy', 'dns']
const compose = 'cd /opt/tandem/deploy/compose && docker-compose'

t.test('Compose brings up both clusters until a pod serves, and takes them away', async (t) => {
  const machine = await startMachine(t, 'compose')
  // The machine's own disk has all that the image needs, as Debian's image has after apt.
  await run('bash', ['deploy/compose/build.sh', await ensureImage()], { timeoutMs: 180_000 })
  t.teardown(() => run('rm', ['-rf', 'dist/image']))
  await run('bash', ['-c', `docker save tandem:0.1.0 | docker exec -i ${machine.name} docker load`], {
    timeoutMs: 180_000,
  })
  await machine.sh(`mkdir -p /var/lib/tandem && ${compose} up -d`, { timeoutMs: 180_000 })
  const tandem = `${compose} run --rm -T tandem`
  await eventually(async () => void (await machine.sh(`${tandem} up --sample-app --attach`, { timeoutMs: 180_000 })), {
    seconds: 90,
  })
  const states = await machine.sh("docker ps -a --filter name=tandem_ --format '{{.Names}} {{.Status}}'")
  for (const cluster of ['prod', 'staging'])
    for (const component of components)
      t.match(states, new RegExp(`tandem_${cluster}-${component}_1 Up`), `${component} of ${cluster}`)

  const pods = 'docker ps -q --no-trunc --filter label=io.tandem.cluster | sort'
  const before = await machine.sh(pods)
  t.equal(before.trim().split('\n').length >= 8, true, 'pods of both clusters')
  await machine.sh(`${compose} restart -t 5`, { timeoutMs: 180_000 })
  await machine.sh(`${tandem} up --sample-app --attach`, { timeoutMs: 180_000 })
  t.equal(await machine.sh(pods), before, 'the same containers run on when all components were stopped and started')

  await machine.sh(`${compose} down -t 5 && ${tandem} down --purge`, { timeoutMs: 180_000 })
  t.equal(await machine.sh(pods), '', 'purged')
  t.equal(await machine.sh('ls -A /var/lib/tandem'), '', 'the data are gone')
})
