import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { silentLogger } from '@tandem/component-base'
import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import t from 'tap'
import type { ContainerRuntime } from '../../src/container-runtime/runtime.ts'
import { ImageCollector } from '../../src/images/image-collector.ts'

const directory = mkdtempSync(join(tmpdir(), 'kubelet-images-'))
t.teardown(() => rmSync(directory, { recursive: true }))

function setUp(record: string, use: number[], inUse: string[] = []) {
  const clock = new FakeClock()
  const image = (name: string) => ({ id: name, reference: name, names: [`${name}:1`], sizeBytes: 1 })
  const removed: string[] = []
  const runtime = {
    listImages: async () => ['old', 'new', 'foreign'].map(image),
    removeImage: async (name: string) => void removed.push(name),
  } as unknown as ContainerRuntime
  const make = () =>
    new ImageCollector({
      runtime,
      record: join(directory, record),
      diskUse: () => use.shift() ?? 0,
      limits: { highThreshold: 0.85, lowThreshold: 0.8, minimumAge: 120_000 },
      inUse: () => new Set(inUse),
      clock,
      logger: silentLogger,
    })
  return { clock, removed, make, image }
}

t.test('nothing is removed while there is room', async (t) => {
  const { make, image, removed } = setUp('room', [0.84])
  const collector = make()
  collector.pulled(image('old'))
  await collector.collect()
  t.same(removed, [])
})

t.test('the oldest that was pulled here and nobody uses goes first, until there is room', async (t) => {
  const { make, image, removed, clock } = setUp('full', [0.9, 0.9, 0.79])
  const before = make()
  before.pulled(image('old'))
  await clock.advance(1000)
  before.pulled(image('new'))
  await clock.advance(600_000)
  await make().collect()
  t.same(removed, ['old:1'], 'and a restarted kubelet remembers what it pulled')
})

t.test('what pods use, what is young and what others pulled stay', async (t) => {
  const { make, image, removed, clock } = setUp('used', [1, 1, 1, 1], ['old:1'])
  const collector = make()
  collector.pulled(image('old'))
  await clock.advance(600_000)
  collector.pulled(image('new'))
  await collector.collect()
  t.same(removed, [])
})
