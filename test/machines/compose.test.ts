import t from 'tap'
import { eventually } from '../e2e/eventually.ts'
import { run } from '../e2e/kubectl.ts'
import { startMachine } from './machine.ts'

const components = ['apiserver', 'controller-manager', 'scheduler', 'kubelet', 'proxy', 'dns']
const compose = 'cd /opt/tandem/deploy/compose && docker-compose'

t.test('Compose brings up both clusters until a pod serves', async (t) => {
  await run('bash', ['deploy/images/stage.sh', '.cache/compose-image/dist/image'])
  t.teardown(() => run('rm', ['-rf', '.cache/compose-image']))
  const machine = await startMachine(t, 'compose')
  // The machine's own disk is a base that has all the image needs, as a registry's Debian would after apt.
  await machine.sh(
    'tar -C / --one-file-system --exclude=./proc --exclude=./sys --exclude=./var/lib/docker --exclude=./opt -c . | docker import - base',
    { timeoutMs: 180_000 },
  )
  await machine.sh(
    'cd /opt/tandem/.cache/compose-image && DOCKER_BUILDKIT=0 docker build -q -f /opt/tandem/deploy/images/Dockerfile --build-arg BASE=base -t tandem:0.1.0 .',
    { timeoutMs: 180_000 },
  )
  await machine.sh(`mkdir -p /var/lib/tandem && touch /run/xtables.lock && ${compose} up -d`, { timeoutMs: 180_000 })
  const tandem = `${compose} run --rm -T tandem`
  await eventually(async () => void (await machine.sh(`${tandem} up --sample-app --attach`, { timeoutMs: 180_000 })), {
    seconds: 90,
  })
  const states = await machine.sh("docker ps -a --filter name=compose_ --format '{{.Names}} {{.Status}}'")
  for (const cluster of ['prod', 'staging'])
    for (const component of components)
      t.match(states, new RegExp(`compose_${cluster}-${component}_1 Up`), `${component} of ${cluster}`)

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
