import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@tandem/component-base'
import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import t from 'tap'
import { CredentialProviders, readCredentialProviders } from '../../src/images/credential-providers.ts'
import { PullSlots } from '../../src/images/pull-slots.ts'

const directory = await mkdtemp(join(tmpdir(), 'providers-'))
t.teardown(() => rm(directory, { recursive: true }))

/** A provider as vendors write them: it notes what it was asked, and answers what a file says. */
const script = `#!/bin/sh
cat >> ${directory}/asked
echo >> ${directory}/asked
cat ${directory}/answer
test -z "$FAIL" || exit 3
`
await writeFile(join(directory, 'vault'), script)
await chmod(join(directory, 'vault'), 0o755)

const provider = { name: 'vault', matchImages: ['*.example.com', 'docker.io'], defaultCacheDuration: '1m' }
const config = async (providers: object[], more: object = {}) => {
  const path = join(directory, 'config.yaml')
  const kinds = { apiVersion: 'kubelet.config.k8s.io/v1', kind: 'CredentialProviderConfig' }
  await writeFile(path, JSON.stringify({ ...kinds, providers, ...more }))
  return path
}
const valid = { ...provider, apiVersion: 'credentialprovider.kubelet.k8s.io/v1' }

async function setUp(answer: object, more: object = {}) {
  await rm(join(directory, 'asked'), { force: true })
  await writeFile(
    join(directory, 'answer'),
    JSON.stringify({
      kind: 'CredentialProviderResponse',
      apiVersion: 'credentialprovider.kubelet.k8s.io/v1',
      cacheKeyType: 'Image',
      ...answer,
    }),
  )
  const clock = new FakeClock()
  const path = await config([{ ...valid, ...more }])
  const providers = new CredentialProviders({
    providers: readCredentialProviders(path, directory),
    binDir: directory,
    clock,
    logger: silentLogger,
  })
  const asked = async () =>
    (await readFile(join(directory, 'asked'), 'utf8').catch(() => ''))
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line).image)
  return { clock, providers, asked }
}
const auth = { '*.example.com': { username: 'u', password: 'p' }, 'docker.io': { username: 'd', password: 'e' } }

t.test('the provider of a registry is asked, and of its answer what fits the image counts', async (t) => {
  const { providers, asked } = await setUp({ auth })
  t.same(await providers.credentials('eu.example.com/app:1'), [
    { username: 'u', password: 'p', serverAddress: '*.example.com' },
  ])
  t.same(await providers.credentials('nginx:1'), [{ username: 'd', password: 'e', serverAddress: 'docker.io' }])
  t.same(await providers.credentials('quay.io/app:1'), [])
  t.same(await asked(), ['eu.example.com/app:1', 'nginx:1'])
})

for (const [cacheKeyType, expected] of [
  ['Image', ['eu.example.com/a:1', 'eu.example.com/b:1', 'us.example.com/a:1']],
  ['Registry', ['eu.example.com/a:1', 'us.example.com/a:1']],
  ['Global', ['eu.example.com/a:1']],
] as const)
  t.test(`an answer for ${cacheKeyType} is remembered, until it is old`, async (t) => {
    const { providers, asked, clock } = await setUp({ auth, cacheKeyType })
    for (const image of ['eu.example.com/a:1', 'eu.example.com/a:1', 'eu.example.com/b:1', 'us.example.com/a:1'])
      await providers.credentials(image)
    t.same(await asked(), expected)
    await clock.advance(60_000)
    await providers.credentials('eu.example.com/a:1')
    t.equal((await asked()).length, expected.length + 1)
  })

const failures: [what: string, answer: object, more?: object][] = [
  ['fails', { auth }, { env: [{ name: 'FAIL', value: 'yes' }] }],
  ['answers something else', { kind: 'Other' }],
  ['names no key', { auth, cacheKeyType: 'Nothing' }],
]
for (const [what, answer, more] of failures)
  t.test(`a provider that ${what} is as good as none`, async (t) => {
    const { providers } = await setUp(answer, more)
    t.same(await providers.credentials('eu.example.com/app:1'), [])
  })

const refused: [object[], RegExp][] = [
  [[], /at least 1 item is required/],
  [[{ ...valid, name: '../vault' }], /invalid provider name/],
  [[{ ...valid, apiVersion: 'v0' }], /unsupported apiVersion "v0"/],
  [[{ ...valid, matchImages: [] }], /matchImages: Required value/],
  [[{ ...valid, name: 'absent' }], /plugin binary executable .* did not exist/],
]
for (const [providers, message] of refused)
  t.test(`a configuration is refused: ${message.source}`, async (t) => {
    const path = await config(providers)
    t.throws(() => readCredentialProviders(path, directory), { message })
  })

t.test('pulls wait for their turn', async (t) => {
  const slots = new PullSlots(2)
  const running = new Set<number>()
  let most = 0
  const finish: (() => void)[] = []
  const pulls = Promise.allSettled(
    [1, 2, 3, 4].map((number) =>
      slots.use(async () => {
        running.add(number)
        most = Math.max(most, running.size)
        await new Promise<void>((resolve) => finish.push(resolve))
        running.delete(number)
        if (number === 1) throw new Error('failed')
      }),
    ),
  )
  for (let number = 0; number < 4; number++) {
    await new Promise((resolve) => setImmediate(resolve))
    finish[number]?.()
  }
  const results = await pulls
  t.same(
    results.map(({ status }) => status),
    ['rejected', 'fulfilled', 'fulfilled', 'fulfilled'],
  )
  t.equal(most, 2)
})
