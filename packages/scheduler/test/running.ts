import { events } from '@tandem/api/core/v1/event'
import { nodes } from '@tandem/api/core/v1/node'
import { pods } from '@tandem/api/core/v1/pod'
import type { KubernetesObject, ResourceDefinition } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'
import { FakeClient } from '@tandem/client/testing/fake-client'
import { silentLogger, systemClock } from '@tandem/component-base'
import type { Test } from 'tap'
import { type SchedulerStartOptions, startScheduler } from '../src/start.ts'
import { type NodeFixture, nodeOf, type PodFixture, podOf } from './objects.ts'

/** What is told of later is asked for until it is there. */
export const until = async <T>(read: () => Promise<T | undefined>): Promise<T> => {
  for (let tries = 0; tries < 400; tries++) {
    const value = await read()
    if (value !== undefined) return value
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  throw new Error('it did not happen')
}

/** A server that binds: what the API server's binding subresource does. */
export class BindingClient extends FakeClient {
  override async createSubresource<Result>(
    ...[resource, key, subresource, body]: Parameters<Client['createSubresource']>
  ): Promise<Result> {
    if (subresource !== 'binding') return super.createSubresource(resource, key, subresource, body)
    const { target } = body as { target: { name: string } }
    return (await this.patch(resource, key, { type: 'merge', body: { spec: { nodeName: target.name } } })) as Result
  }
}

export interface Seed {
  nodes: NodeFixture[]
  pods: PodFixture[]
  /** Of other kinds. */
  objects?: [ResourceDefinition<never>, KubernetesObject][]
  options?: SchedulerStartOptions
}

/** A scheduler at work on what a client without a server has. */
export async function runScheduler(t: Test, seed: Seed) {
  const client = new BindingClient()
  client.seed(nodes, ...seed.nodes.map(nodeOf))
  client.seed(pods, ...seed.pods.map(podOf))
  for (const [resource, object] of seed.objects ?? []) client.seed(resource, object as never)
  const scheduler = await startScheduler(
    { client, 'leader-elect': false, ...seed.options },
    { logger: silentLogger, clock: systemClock },
  )
  t.teardown(() => scheduler.stop())
  const pod = (name: string) => client.get(pods, { namespace: 'default', name })
  const bound = (name: string) => until(async () => (await pod(name)).spec.nodeName)
  const condition = (name: string) =>
    until(async () => (await pod(name)).status?.conditions?.find(({ type }) => type === 'PodScheduled'))
  const eventsOf = async (name: string) =>
    (await client.list(events)).items.filter(({ involvedObject }) => involvedObject.name === name)
  return { client, pod, bound, condition, eventsOf }
}
