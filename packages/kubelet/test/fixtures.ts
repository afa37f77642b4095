import type { Container, Node, Pod } from '@tandem/api/core/v1/types'
import type { ContainerState, PodState, SandboxState } from '../src/container-runtime/runtime.ts'
import { containerHash } from '../src/lifecycle/pod-containers.ts'

export const container = (name: string, more: Partial<Container> = {}): Container => ({ name, image: 'app:1', ...more })

export const podOf = (spec: Partial<Pod['spec']> = {}, metadata: Partial<Pod['metadata']> = {}): Pod => ({
  metadata: {
    name: 'web',
    namespace: 'default',
    uid: 'u1',
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
    ...metadata,
  },
  spec: { containers: [container('main')], restartPolicy: 'Always', ...spec },
})

export const nodeOf = (more: Partial<Node> = {}): Node => ({
  metadata: { name: 'n1', uid: 'n', resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z', labels: {} },
  spec: {},
  ...more,
})

const start = Date.parse('2026-01-01T00:00:00Z')

export const sandbox = (more: Partial<SandboxState> = {}): SandboxState => ({
  id: 's0',
  pod: { uid: 'u1', name: 'web', namespace: 'default' },
  attempt: 0,
  ready: true,
  createdAt: start,
  hostNetwork: false,
  ips: ['10.0.0.2'],
  ...more,
})

export const state = (name: string, more: Partial<ContainerState> = {}): ContainerState => {
  const attempt = more.attempt ?? 0
  return {
    id: `${name}-${attempt}`,
    name,
    attempt,
    hash: containerHash(container(name)),
    state: 'running',
    createdAt: start + attempt,
    startedAt: start + attempt,
    finishedAt: 0,
    exitCode: 0,
    image: 'app:1',
    imageId: 'sha256:1',
    sandboxId: 's0',
    ...more,
  }
}

export const exited = (name: string, exitCode: number, more: Partial<ContainerState> = {}): ContainerState =>
  state(name, {
    state: 'exited',
    exitCode,
    finishedAt: start + 1000,
    reason: exitCode === 0 ? 'Completed' : 'Error',
    ...more,
  })

export const runs = (...containers: ContainerState[]): PodState => ({ sandboxes: [sandbox()], containers })
export const nothing: PodState = { sandboxes: [], containers: [] }
