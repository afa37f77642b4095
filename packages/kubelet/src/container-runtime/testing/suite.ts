import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { RunContainerError } from '../errors.ts'
import type { ContainerConfig, ContainerRuntime, RuntimeEvent, SandboxConfig, SandboxState } from '../runtime.ts'

export interface RuntimeUnderTest {
  runtime: ContainerRuntime
  /** An image with a BusyBox shell in `/bin/sh` and its applets on the PATH, and no user of its own. */
  image: string
  cgroupParent: string
}

export interface RuntimeSuite {
  /** Runs one test: tap's `t.test`, node's `test`. */
  test(name: string, run: () => Promise<void>): unknown
  setUp(): Promise<RuntimeUnderTest>
  tearDown(): Promise<void>
}

/** What every container runtime must do: each implementation passes this, against the real thing. */
export async function containerRuntimeSuite({ test, setUp, tearDown }: RuntimeSuite): Promise<void> {
  const { runtime, image, cgroupParent } = await setUp()
  const directory = await mkdtemp(join(tmpdir(), 'runtime-suite-'))
  const messageFile = join(directory, 'message')
  await writeFile(messageFile, '', { mode: 0o666 })
  const pod = { uid: `suite-${process.pid}`, name: 'suite', namespace: 'default' }
  const events: RuntimeEvent[] = []
  const listening = new AbortController()
  const listened = (async () => {
    for await (const event of runtime.events(listening.signal)) events.push(event)
  })()

  const sandboxConfig: SandboxConfig = {
    pod,
    runtimeHandler: '',
    hostUsers: true,
    attempt: 0,
    hostname: 'suite',
    hostNetwork: false,
    hostPid: false,
    hostIpc: false,
    shareProcessNamespace: false,
    cgroupParent,
    sysctls: {},
    portMappings: [],
    terminationGracePeriodSeconds: 7,
  }
  let sandbox: SandboxState | undefined
  const theSandbox = (): SandboxState => {
    assert(sandbox, 'there is a sandbox')
    return sandbox
  }
  const config = (name: string, script: string, more: Partial<ContainerConfig> = {}): ContainerConfig => ({
    pod,
    runtimeHandler: '',
    sandbox: theSandbox(),
    name,
    attempt: 0,
    hash: 'h1',
    image,
    command: ['sh', '-c', script],
    env: [{ name: 'WHO', value: 'suite' }],
    mounts: [],
    stdin: false,
    stdinOnce: false,
    tty: false,
    resources: { cpuShares: 2, oomScoreAdj: 1000 },
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
    cgroupParent,
    terminationMessagePath: '/dev/termination-log',
    terminationMessagePolicy: 'File',
    terminationMessageFile: messageFile,
    ...more,
  })
  const start = async (wanted: ContainerConfig): Promise<string> =>
    runtime.startContainer(await runtime.createContainer(wanted))
  const stateOf = async (id: string) => (await runtime.podState(pod.uid)).containers.find((state) => state.id === id)
  const untilExited = async (id: string) => {
    for (let round = 0; round < 200; round++) {
      const state = await stateOf(id)
      if (state?.state === 'exited') return state
      await new Promise((resolve) => setTimeout(resolve, 25))
    }
    throw new Error(`container ${id} does not end`)
  }
  const textOf = async (stream: AsyncIterable<Buffer>): Promise<string> => {
    let text = ''
    for await (const chunk of stream) text += chunk
    return text
  }

  await test('it says what it is', async () => {
    const { runtimeVersion, containerRuntimeVersion } = await runtime.version()
    assert(containerRuntimeVersion.endsWith(runtimeVersion))
  })

  await test('a pod that was never seen has no state', async () => {
    assert.deepEqual(await runtime.podState('nobody'), { sandboxes: [], containers: [] })
  })

  await test('a sandbox has an address', async () => {
    sandbox = await runtime.runSandbox(sandboxConfig)
    assert(sandbox.ready && sandbox.ips.length > 0)
    const { sandboxes } = await runtime.podState(pod.uid)
    assert.equal(sandboxes[0]?.id, sandbox.id)
    assert.deepEqual(sandboxes[0]?.ips, sandbox.ips)
    assert.deepEqual(await runtime.listPods(), [{ ...pod, terminationGracePeriodSeconds: 7 }])
  })

  await test('a container runs with its environment, and its output is kept', async () => {
    const id = await start(config('talks', 'echo $WHO; echo bad >&2; hostname'))
    const state = await untilExited(id)
    assert.deepEqual(
      [state.exitCode, state.reason, state.name, state.attempt, state.hash],
      [0, 'Completed', 'talks', 0, 'h1'],
    )
    assert(state.startedAt > 0 && state.finishedAt >= state.startedAt)
    const { readable } = await runtime.logs(id, { follow: false, timestamps: false })
    assert.deepEqual((await textOf(readable)).trim().split('\n').sort(), ['bad', 'suite', 'suite'])
    const errors = await runtime.logs(id, { follow: false, timestamps: false, stream: 'Stderr' })
    assert.equal(await textOf(errors.readable), 'bad\n')
    const last = await runtime.logs(id, { follow: true, timestamps: true, tailLines: 1 })
    assert.match(await textOf(last.readable), /^\d{4}-\d\d-\d\dT\S+Z \w+\n$/)
    await runtime.removeContainer(id)
    assert.equal(await stateOf(id), undefined)
  })

  await test('a command that fails says how', async () => {
    const state = await untilExited(await start(config('fails', 'exit 3')))
    assert.deepEqual([state.exitCode, state.reason], [3, 'Error'])
  })

  await test('a command that is not there cannot be run', async () => {
    const id = await runtime.createContainer(config('absent', '', { command: ['/nothing'] }))
    await assert.rejects(runtime.startContainer(id), RunContainerError)
    assert.equal((await stateOf(id))?.reason, 'ContainerCannotRun')
  })

  await test('a container is stopped when its grace period is over, at the latest', async () => {
    const id = await start(config('stubborn', "trap '' TERM; while :; do sleep 0.1; done"))
    await runtime.stopContainer(id, { gracePeriodSeconds: 1 })
    assert.equal((await stateOf(id))?.exitCode, 137)
    await runtime.stopContainer(id, { gracePeriodSeconds: 1 })
    await runtime.stopContainer('gone', { gracePeriodSeconds: 1 })
  })

  await test('a running container is given other shares and limits', async () => {
    const mebibyte = 1024 * 1024
    const before = { cpuShares: 20, memoryLimit: 32 * mebibyte }
    const after = { cpuShares: 40, cpuQuota: 50_000, cpuPeriod: 100_000, memoryLimit: 64 * mebibyte }
    const id = await start(config('grows', 'sleep 60', { resources: { ...before, oomScoreAdj: 1000 } }))
    assert.deepEqual((await stateOf(id))?.resources, before)
    await runtime.updateContainer(id, { ...after, oomScoreAdj: 1000 })
    const { state, resources } = (await stateOf(id)) ?? {}
    assert.deepEqual({ state, resources }, { state: 'running', resources: after })
    await runtime.stopContainer(id, { gracePeriodSeconds: 0 })
  })

  await test('commands run inside, with their exit code, their output and their input', async () => {
    const id = await start(config('host', 'sleep 60'))
    assert.deepEqual(await runtime.execSync(id, { command: ['sh', '-c', 'echo out; exit 4'] }), {
      exitCode: 4,
      output: 'out\n',
    })
    await assert.rejects(runtime.execSync(id, { command: ['sleep', '30'], signal: AbortSignal.timeout(100) }), {
      name: 'TimeoutError',
    })
    const session = await runtime.exec(id, {
      command: ['sh', '-c', 'cat; exit 5'],
      stdin: true,
      stdout: true,
      stderr: true,
      tty: false,
    })
    session.stdin.end('through')
    assert.equal(await textOf(session.stdout), 'through')
    assert.equal(await session.exitCode, 5)
    const terminal = await runtime.exec(id, {
      command: ['sh', '-c', 'sleep 0.2; stty size'],
      stdin: true,
      stdout: true,
      stderr: false,
      tty: true,
    })
    await terminal.resize({ width: 91, height: 31 })
    assert.match(await textOf(terminal.stdout), /31 91/)
    await runtime.stopContainer(id, { gracePeriodSeconds: 0 })
  })

  await test('a port of the loopback interface inside is reached', async () => {
    const script = 'mkdir /www; echo hello > /www/index.html; exec httpd -f -p 127.0.0.1:7070 -h /www'
    const id = await start(config('listens', script))
    const fetched = async (): Promise<string> => {
      const connection = await runtime.connect(theSandbox().id, 7070)
      connection.write('GET /index.html HTTP/1.0\r\n\r\n')
      return textOf(connection)
    }
    let answer = ''
    for (let round = 0; round < 20 && !answer.includes('hello'); round++) answer = await fetched().catch(() => '')
    assert.match(answer, /\r\nhello\n$/)
    await runtime.stopContainer(id, { gracePeriodSeconds: 0 })
  })

  await test('images are found by name', async () => {
    const found = await runtime.imageStatus(image)
    assert(found && found.sizeBytes > 0)
    assert.equal(found.uid, 0)
    assert.equal(await runtime.imageStatus('nobody/has:this'), undefined)
    assert((await runtime.listImages()).some(({ id }) => id === found.id))
  })

  await test('what happens is told', async () => {
    await runtime.stopSandbox(theSandbox())
    assert.equal(events[0]?.type, 'relist')
    const told = (type: string) =>
      events.some((event) => event.type === type && 'podUid' in event && event.podUid === pod.uid)
    for (let round = 0; round < 100 && !(told('started') && told('exited') && told('removed')); round++) {
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    assert(told('started') && told('exited') && told('removed'))
  })

  await test('a sandbox that was stopped is not ready, and goes with its containers', async () => {
    const { sandboxes, containers } = await runtime.podState(pod.uid)
    assert.equal(sandboxes[0]?.ready, false)
    await runtime.stopSandbox(theSandbox())
    for (const { id } of containers) await runtime.removeContainer(id)
    for (const { id } of sandboxes) await runtime.removeSandbox(id)
    assert.deepEqual(await runtime.podState(pod.uid), { sandboxes: [], containers: [] })
    assert.deepEqual(await runtime.listPods(), [])
  })

  listening.abort()
  await listened
  await rm(directory, { recursive: true, force: true })
  await tearDown()
}
