import type { Pod, PodStatus } from '@tandem/api/core/v1/types'
import type { Client } from '@tandem/client'
import { silentLogger } from '@tandem/component-base'
import { FakeClock } from '@tandem/component-base/testing/fake-clock'
import t from 'tap'
import { StatusManager } from '../../src/lifecycle/status-manager.ts'
import { podOf } from '../fixtures.ts'

/** Whatever moment after a write's answer a status is reported in, it is written too. */
for (let turns = 0; turns < 8; turns++) {
  t.test(`a status reported ${turns} turns after the answer to a write is written`, async (t) => {
    const pod = podOf()
    const written: (string | undefined)[] = []
    let version = 1
    const later = async (work: () => void) => {
      for (let turn = 0; turn < turns; turn++) await undefined
      work()
    }
    const client = {
      patch: async (_: object, __: object, { body }: { body: { status: PodStatus } }): Promise<Pod> => {
        written.push(body.status.phase)
        if (written.length === 1) void later(() => manager.report(pod, { phase: 'Running' }))
        return { ...pod, metadata: { ...pod.metadata, resourceVersion: String(++version) }, status: body.status }
      },
    } as unknown as Client
    const signal = new AbortController().signal
    const manager = new StatusManager({
      client,
      clock: new FakeClock(),
      logger: silentLogger,
      signal,
      mirrorOf: () => undefined,
    })
    manager.report(pod, { phase: 'Pending' })
    await new Promise((resolve) => setTimeout(resolve, 5))
    t.equal(written.at(-1), 'Running')
  })
}
