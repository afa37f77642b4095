import { createHash } from 'node:crypto'
import { PassThrough } from 'node:stream'
import t from 'tap'
import { containerSpec, refusedLimit, sandboxSpec } from '../../src/container-runtime/docker/container-spec.ts'
import { containerState } from '../../src/container-runtime/docker/container-state.ts'
import { demultiplex } from '../../src/container-runtime/docker/demultiplex.ts'
import {
  containerLabels,
  engineName,
  isInScope,
  readLabels,
  scopeFilter,
} from '../../src/container-runtime/docker/labels.ts'
import { pauseProgram } from '../../src/container-runtime/docker/pause-program.ts'
import type { ContainerConfig } from '../../src/container-runtime/runtime.ts'
import { sandboxConfig } from '../../src/lifecycle/sandbox-config.ts'
import { container, podOf, sandbox } from '../fixtures.ts'

const scope = { cluster: 'prod', node: 'n1' }
const able = { negativeOomScore: true, privileged: true }
const pod = { uid: 'u1', name: 'web', namespace: 'default' }
const config = (more: Partial<ContainerConfig> = {}): ContainerConfig => ({
  pod,
  runtimeHandler: '',
  sandbox: sandbox(),
  name: 'main',
  attempt: 2,
  hash: 'abc',
  image: 'app:1',
  env: [{ name: 'A', value: 'b=c' }],
  mounts: [],
  stdin: false,
  stdinOnce: false,
  tty: false,
  resources: { cpuShares: 2, oomScoreAdj: -997 },
  security: {
    privileged: false,
    supplementalGroups: [],
    addCapabilities: [],
    dropCapabilities: [],
    readOnlyRootFilesystem: false,
    noNewPrivileges: false,
    seccomp: { type: 'RuntimeDefault' },
    unmaskedProc: false,
  },
  namespaces: { hostNetwork: false, hostPid: false, hostIpc: false, shareProcessNamespace: false },
  cgroupParent: '/kubepods/podu1',
  terminationMessagePath: '/dev/termination-log',
  terminationMessagePolicy: 'FallbackToLogsOnError',
  terminationMessageFile: '/root/message',
  ...more,
})

t.test('the pause program does not change by accident', async (t) => {
  const digest = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex').slice(0, 16)
  t.same([pauseProgram('amd64').length, pauseProgram('arm64').length], [217, 248])
  t.same([digest(pauseProgram('amd64')), digest(pauseProgram('arm64'))], ['bf97a50d78a343aa', 'fc33f16210cf25ad'])
})

t.test('what labels are written is read again', async (t) => {
  const labels = containerLabels(scope, config())
  t.match(readLabels(labels), {
    pod,
    sandbox: false,
    name: 'main',
    attempt: 2,
    hash: 'abc',
    image: 'app:1',
    terminationMessagePolicy: 'FallbackToLogsOnError',
    terminationMessageFile: '/root/message',
  })
  t.ok(isInScope(scope, labels))
  t.notOk(isInScope({ ...scope, cluster: 'staging' }, labels))
  t.notOk(isInScope({ ...scope, node: 'n2' }, labels))
  t.same(scopeFilter(scope, 'u1'), {
    label: ['io.tandem.cluster=prod', 'io.tandem.node=n1', 'io.kubernetes.pod.uid=u1'],
  })
  t.equal(engineName('main', pod, 2), 'k8s_main_web_default_u1_2')
})

const specs: { name: string; config: Partial<ContainerConfig>; limits?: typeof able; expected: object }[] = [
  {
    name: 'a container joins its sandbox',
    config: {},
    expected: {
      Image: 'app:1',
      Env: ['A=b=c'],
      HostConfig: {
        NetworkMode: 'container:s0',
        IpcMode: 'container:s0',
        CgroupParent: '/kubepods/podu1',
        OomScoreAdj: -997,
      },
    },
  },
  {
    name: 'a command drops the arguments of the image',
    config: { command: ['/run'] },
    expected: { Entrypoint: ['/run'], Cmd: [] },
  },
  {
    name: 'arguments alone keep the command of the image',
    config: { args: ['-x'] },
    expected: { Entrypoint: undefined, Cmd: ['-x'] },
  },
  {
    name: 'processes are shared where asked',
    config: { namespaces: { hostNetwork: false, hostPid: false, hostIpc: false, shareProcessNamespace: true } },
    expected: { HostConfig: { PidMode: 'container:s0' } },
  },
  {
    name: 'an ephemeral container sees its target',
    config: {
      namespaces: {
        hostNetwork: false,
        hostPid: false,
        hostIpc: false,
        shareProcessNamespace: false,
        targetContainerId: 'c9',
      },
    },
    expected: { HostConfig: { PidMode: 'container:c9' } },
  },
  {
    name: 'limits',
    config: { resources: { cpuShares: 512, cpuQuota: 50_000, cpuPeriod: 100_000, memoryLimit: 64, oomScoreAdj: 9 } },
    expected: {
      HostConfig: { CpuShares: 512, CpuQuota: 50_000, CpuPeriod: 100_000, Memory: 64, MemorySwap: 64, OomScoreAdj: 9 },
    },
  },
  {
    name: 'an engine that cannot lower the oom score is not asked to',
    config: {},
    limits: { negativeOomScore: false, privileged: true },
    expected: { HostConfig: { OomScoreAdj: 0 } },
  },
  {
    name: 'mounts',
    config: {
      mounts: [
        { hostPath: '/a', containerPath: '/b', readOnly: true, propagation: 'rslave' },
        { hostPath: '/c', containerPath: '/d', readOnly: false, propagation: 'private' },
      ],
    },
    expected: { HostConfig: { Binds: ['/a:/b:ro,rslave', '/c:/d'] } },
  },
  {
    name: 'user and group',
    config: { security: { ...config().security, runAsUser: 5, runAsGroup: 6, supplementalGroups: [7] } },
    expected: { User: '5:6', HostConfig: { GroupAdd: ['7'] } },
  },
  {
    name: 'security options',
    config: {
      security: {
        ...config().security,
        noNewPrivileges: true,
        seccomp: { type: 'Unconfined' },
        dropCapabilities: ['ALL'],
        readOnlyRootFilesystem: true,
      },
    },
    expected: {
      HostConfig: { SecurityOpt: ['no-new-privileges', 'seccomp=unconfined'], CapDrop: ['ALL'], ReadonlyRootfs: true },
    },
  },
  {
    name: 'privileged',
    config: { security: { ...config().security, privileged: true } },
    expected: { HostConfig: { Privileged: true } },
  },
]
for (const { name, config: more, limits = able, expected } of specs) {
  t.test(`spec: ${name}`, async (t) => {
    t.match(containerSpec(config(more), { scope, limits }), expected)
  })
}

t.test('privileged without the capability is all that the engine may give', async (t) => {
  const security = { ...config().security, privileged: true }
  const { HostConfig } = containerSpec(config({ security }), {
    scope,
    limits: { negativeOomScore: true, privileged: false },
  })
  t.notOk(HostConfig?.Privileged)
  t.ok(HostConfig?.CapAdd?.includes('SYS_ADMIN'))
  t.notOk(HostConfig?.CapAdd?.includes('SYS_RESOURCE'))
})

t.test("a RuntimeClass's handler is a runtime of the engine, and `docker` its default", async (t) => {
  const runtimeOf = (runtimeHandler: string) =>
    containerSpec(config({ runtimeHandler }), { scope, limits: able }).HostConfig?.Runtime
  t.same(['', 'docker', 'runsc'].map(runtimeOf), [undefined, undefined, 'runsc'])
})

t.test('a sandbox has no network of the engine', async (t) => {
  const asked = sandboxConfig(
    podOf({ containers: [container('a', { ports: [{ containerPort: 80, hostPort: 8080 }] })] }),
    { attempt: 1, hostname: 'web', cgroupParent: '/k', runtimeHandler: '' },
  )
  t.same(asked.portMappings, [{ protocol: 'tcp', containerPort: 80, hostPort: 8080 }])
  const spec = sandboxSpec(asked, { scope, image: 'pause', limits: able })
  t.match(spec, {
    name: 'k8s_POD_web_default_u1_1',
    Hostname: 'web',
    HostConfig: { NetworkMode: 'none', IpcMode: 'shareable', OomScoreAdj: -998 },
  })
  const shared = sandboxSpec(
    sandboxConfig(podOf({ hostNetwork: true }), {
      attempt: 0,
      hostname: 'web',
      cgroupParent: '/k',
      runtimeHandler: '',
    }),
    { scope, image: 'pause', limits: able },
  )
  t.equal(shared.HostConfig?.NetworkMode, 'host')
  t.notOk('Hostname' in shared)
})

for (const [message, limit] of [
  ["child's PID from pipe: EOF", 'negativeOomScore'],
  ['unable to apply caps: operation not permitted', 'privileged'],
  ['exec: "nothing": executable file not found in $PATH', undefined],
] as const)
  t.test(`the engine says: ${message}`, async (t) => t.equal(refusedLimit(message), limit))

const states = [
  {
    name: 'running',
    state: { Status: 'running', Running: true, ExitCode: 0, Error: '', OOMKilled: false },
    expected: { state: 'running' },
  },
  {
    name: 'ended well',
    state: { Status: 'exited', Running: false, ExitCode: 0, Error: '', OOMKilled: false },
    expected: { state: 'exited', reason: 'Completed' },
  },
  {
    name: 'ended badly',
    state: { Status: 'exited', Running: false, ExitCode: 2, Error: '', OOMKilled: false },
    expected: { state: 'exited', reason: 'Error', exitCode: 2 },
  },
  {
    name: 'out of memory',
    state: { Status: 'exited', Running: false, ExitCode: 137, Error: '', OOMKilled: true },
    expected: { state: 'exited', reason: 'OOMKilled' },
  },
  {
    name: 'refused by the engine',
    state: { Status: 'created', Running: false, ExitCode: 127, Error: 'no such file', OOMKilled: false },
    expected: { state: 'exited', reason: 'ContainerCannotRun', message: 'no such file', exitCode: 127 },
  },
  {
    name: 'not started yet',
    state: { Status: 'created', Running: false, ExitCode: 0, Error: '', OOMKilled: false },
    expected: { state: 'created' },
  },
]
for (const { name, state, expected } of states) {
  t.test(`state: ${name}`, async (t) => {
    const times = { StartedAt: '0001-01-01T00:00:00Z', FinishedAt: '0001-01-01T00:00:00Z' }
    const inspected = {
      Id: 'c1',
      Created: '2026-01-01T00:00:00Z',
      Image: 'sha256:1',
      Config: { Labels: containerLabels(scope, config()) },
      HostConfig: { NetworkMode: 'container:s0' },
      State: { ...times, ...state },
    }
    t.match(containerState(inspected as never), { id: 'c1', name: 'main', attempt: 2, sandboxId: 's0', ...expected })
  })
}

t.test('frames are taken apart wherever they were cut', async (t) => {
  const frame = (stream: number, text: string) =>
    Buffer.concat([Buffer.from([stream, 0, 0, 0, 0, 0, 0, text.length]), Buffer.from(text)])
  const bytes = Buffer.concat([frame(1, 'one '), frame(2, 'bad '), frame(1, 'two'), frame(2, 'news')])
  for (const size of [1, 3, 7, 9, bytes.length]) {
    const source = new PassThrough()
    const { stdout, stderr } = demultiplex(source)
    for (let at = 0; at < bytes.length; at += size) source.write(bytes.subarray(at, at + size))
    source.end()
    const text = async (stream: AsyncIterable<Buffer>) => {
      let all = ''
      for await (const chunk of stream) all += chunk
      return all
    }
    t.same(await Promise.all([text(stdout), text(stderr)]), ['one two', 'bad news'], `pieces of ${size}`)
  }
})
