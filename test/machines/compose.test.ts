import t from 'tap'
import { eventually } from '../e2e/eventually.ts'
import { run } from '../e2e/kubectl.ts'
import { startMachine } from './machine.ts'

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
  await machine.sh(
    'mkdir -p /var/lib/tandem && touch /run/xtables.lock && cd /opt/tandem/deploy/compose && docker-compose up -d',
    { timeoutMs: 180_000 },
  )
  const tandem =
    'docker run --rm --network host --pid host --privileged -v /var/lib/tandem:/var/lib/tandem -v /var/run/docker.sock:/var/run/docker.sock tandem:0.1.0 tandem'
  await eventually(async () => void (await machine.sh(`${tandem} up --sample-app --attach`, { timeoutMs: 180_000 })), {
    seconds: 90,
  })
  t.match(await machine.sh('cd /opt/tandem/deploy/compose && docker-compose ps'), /prod-kubelet/)
})
