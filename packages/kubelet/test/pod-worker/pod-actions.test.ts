import type { Pod } from '@tandem/api/core/v1/types'
import t from 'tap'
import type { PodState } from '../../src/container-runtime/runtime.ts'
import { type PodActions, type ProbeResult, podActions } from '../../src/pod-worker/pod-actions.ts'
import { container, exited, nothing, podOf, runs, sandbox, state } from '../fixtures.ts'

interface Row {
  name: string
  pod: Pod
  state: PodState
  liveness?: Record<string, ProbeResult>
  startup?: Record<string, ProbeResult>
  expected: Partial<PodActions>
}

const idle = {
  killPod: false,
  createSandbox: false,
  initContainersToStart: [],
  containersToStart: [],
  ephemeralContainersToStart: [],
  containersToKill: [],
}
const pair = podOf({ containers: [container('a'), container('b')] })
const inits = podOf({ initContainers: [container('one'), container('two')] })
const sidecar = container('side', { restartPolicy: 'Always' })
const withSidecar = podOf({ initContainers: [sidecar, container('one')] })

const rows: Row[] = [
  {
    name: 'a new pod gets a sandbox and all its containers',
    pod: pair,
    state: nothing,
    expected: { killPod: true, createSandbox: true, sandboxAttempt: 0, containersToStart: ['a', 'b'] },
  },
  {
    name: 'a new pod with init containers starts the first alone',
    pod: inits,
    state: nothing,
    expected: { killPod: true, createSandbox: true, initContainersToStart: ['one'] },
  },
  { name: 'a pod that runs is left alone', pod: pair, state: runs(state('a'), state('b')), expected: {} },
  {
    name: 'what does not exist yet is started',
    pod: pair,
    state: runs(state('a')),
    expected: { containersToStart: ['b'] },
  },
  {
    name: 'what ended is restarted by policy Always',
    pod: pair,
    state: runs(state('a'), exited('b', 0)),
    expected: { containersToStart: ['b'] },
  },
  {
    name: 'OnFailure restarts what failed',
    pod: podOf({ restartPolicy: 'OnFailure' }),
    state: runs(exited('main', 1)),
    expected: { containersToStart: ['main'] },
  },
  {
    name: 'OnFailure ends the pod when all succeeded',
    pod: podOf({ restartPolicy: 'OnFailure' }),
    state: runs(exited('main', 0)),
    expected: { killPod: true },
  },
  {
    name: 'Never ends the pod when its container failed',
    pod: podOf({ restartPolicy: 'Never' }),
    state: runs(exited('main', 1)),
    expected: { killPod: true },
  },
  {
    name: 'Never waits for the others',
    pod: podOf({ restartPolicy: 'Never', containers: [container('a'), container('b')] }),
    state: runs(exited('a', 1), state('b')),
    expected: {},
  },
  {
    name: "a container's own policy counts before the pod's",
    pod: podOf({ restartPolicy: 'Never', containers: [container('main', { restartPolicy: 'Always' })] }),
    state: runs(exited('main', 1)),
    expected: { containersToStart: ['main'] },
  },
  {
    name: 'a dead sandbox is replaced, with everything in it',
    pod: pair,
    state: { sandboxes: [sandbox({ ready: false })], containers: [exited('a', 137), exited('b', 137)] },
    expected: { killPod: true, createSandbox: true, sandboxAttempt: 1, containersToStart: ['a', 'b'] },
  },
  {
    name: 'a dead sandbox is not replaced for a pod that runs once',
    pod: podOf({ restartPolicy: 'Never' }),
    state: { sandboxes: [sandbox({ ready: false })], containers: [exited('main', 137)] },
    expected: { killPod: true, sandboxAttempt: 1 },
  },
  {
    name: 'a dead sandbox is not replaced when all has succeeded',
    pod: podOf({ restartPolicy: 'OnFailure' }),
    state: { sandboxes: [sandbox({ ready: false })], containers: [exited('main', 0)] },
    expected: { killPod: true, sandboxAttempt: 1 },
  },
  {
    name: 'a changed image restarts the container, whatever the policy',
    pod: podOf({ restartPolicy: 'Never', containers: [container('main', { image: 'app:2' })] }),
    state: runs(state('main')),
    expected: {
      containersToKill: [
        { id: 'main-0', name: 'main', message: 'Container main definition changed, will be restarted' },
      ],
    },
  },
  {
    name: 'a failed liveness probe restarts',
    pod: pair,
    state: runs(state('a'), state('b')),
    liveness: { 'a-0': 'failure' },
    expected: {
      containersToKill: [
        {
          id: 'a-0',
          name: 'a',
          message: 'Container a failed liveness probe, will be restarted',
          reason: 'LivenessProbe',
        },
      ],
    },
  },
  {
    name: 'a failed liveness probe kills for good under Never',
    pod: podOf({ restartPolicy: 'Never' }),
    state: runs(state('main')),
    liveness: { 'main-0': 'failure' },
    expected: {
      containersToKill: [
        { id: 'main-0', name: 'main', message: 'Container main failed liveness probe', reason: 'LivenessProbe' },
      ],
    },
  },
  {
    name: 'a failed startup probe restarts',
    pod: pair,
    state: runs(state('a'), state('b')),
    startup: { 'b-0': 'failure' },
    expected: {
      containersToKill: [
        {
          id: 'b-0',
          name: 'b',
          message: 'Container b failed startup probe, will be restarted',
          reason: 'StartupProbe',
        },
      ],
    },
  },
  { name: 'an init container that runs holds back the rest', pod: inits, state: runs(state('one')), expected: {} },
  {
    name: 'an init container that succeeded lets the next begin',
    pod: inits,
    state: runs(exited('one', 0)),
    expected: { initContainersToStart: ['two'] },
  },
  {
    name: 'the last init container lets the containers begin',
    pod: inits,
    state: runs(exited('one', 0), exited('two', 0)),
    expected: { containersToStart: ['main'] },
  },
  {
    name: 'only the last init container need be remembered',
    pod: inits,
    state: runs(exited('two', 0)),
    expected: { containersToStart: ['main'] },
  },
  {
    name: 'an init container that failed is tried again',
    pod: inits,
    state: runs(exited('one', 1)),
    expected: { initContainersToStart: ['one'] },
  },
  {
    name: 'an init container that failed ends a pod that runs once',
    pod: podOf({ restartPolicy: 'Never', initContainers: [container('one')] }),
    state: runs(exited('one', 1)),
    expected: { killPod: true },
  },
  { name: 'init containers are history once a container runs', pod: inits, state: runs(state('main')), expected: {} },
  {
    name: 'a sidecar that runs lets the next init container begin',
    pod: withSidecar,
    state: runs(state('side')),
    expected: { initContainersToStart: ['one'] },
  },
  {
    name: 'a sidecar without its startup probe answered holds back the rest',
    pod: podOf({ initContainers: [container('side', { restartPolicy: 'Always', startupProbe: {} })] }),
    state: runs(state('side')),
    expected: {},
  },
  {
    name: 'a sidecar whose startup probe passed does not',
    pod: podOf({ initContainers: [container('side', { restartPolicy: 'Always', startupProbe: {} })] }),
    state: runs(state('side')),
    startup: { 'side-0': 'success' },
    expected: { containersToStart: ['main'] },
  },
  {
    name: 'a sidecar that ended is started again beside running containers',
    pod: withSidecar,
    state: runs(exited('side', 0), exited('one', 0), state('main')),
    expected: { initContainersToStart: ['side'] },
  },
  {
    name: 'a sidecar does not keep a finished pod alive',
    pod: podOf({ restartPolicy: 'Never', initContainers: [sidecar] }),
    state: runs(state('side'), exited('main', 0)),
    expected: { killPod: true },
  },
  {
    name: 'an ephemeral container is started once',
    pod: podOf({ ephemeralContainers: [{ name: 'debug', image: 'app:1' }] }),
    state: runs(state('main')),
    expected: { ephemeralContainersToStart: ['debug'] },
  },
  {
    name: 'an ephemeral container is never restarted',
    pod: podOf({ ephemeralContainers: [{ name: 'debug', image: 'app:1' }] }),
    state: runs(state('main'), exited('debug', 1)),
    expected: {},
  },
]

for (const { name, pod, state, liveness = {}, startup = {}, expected } of rows) {
  t.test(name, async (t) => {
    const probes = { liveness: (id: string) => liveness[id], startup: (id: string) => startup[id] }
    const { sandboxAttempt, ...actions } = podActions(pod, state, probes)
    const { sandboxAttempt: wantedAttempt, ...wanted } = expected
    t.same(actions, { ...idle, ...wanted })
    if (wantedAttempt !== undefined) t.equal(sandboxAttempt, wantedAttempt)
  })
}
