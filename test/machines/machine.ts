import type { Test } from 'tap'
import { eventually } from '../e2e/eventually.ts'
import { type Outcome, type RunOptions, run } from '../e2e/kubectl.ts'
import { ensureImage } from './image.ts'

const repository = new URL('../..', import.meta.url).pathname.replace(/\/$/, '')

/** A machine like a VM: a container with a systemd of its own, an engine inside, and a link to the host that runs it. */
export interface Machine {
  name: string
  exec(command: readonly string[], options?: RunOptions): Promise<Outcome>
  /** Runs a script of the shell. */
  sh(script: string, options?: RunOptions): Promise<string>
}

/** Starts a machine with the repository at /opt/tandem, read only; it goes when the test ends. */
export async function startMachine(t: Test, name: string): Promise<Machine> {
  const image = await ensureImage()
  const container = `tandem-machine-${name}-${process.pid}`
  t.teardown(async () => {
    await run('docker', ['rm', '-fv', container], { mayFail: true })
    await run('docker', ['volume', 'rm', '-f', container], { mayFail: true })
  })
  const volumes = [
    '-v',
    `${container}:/var/lib/docker`,
    '-v',
    `${repository}:/opt/tandem:ro`,
    '-v',
    `${repository}/test/lab/runtime:/usr/local/bin/lab-runtime:ro`,
  ]
  const mounts = ['--tmpfs', '/run', '--tmpfs', '/run/lock', ...volumes]
  await run('docker', [
    'run',
    '-d',
    '--name',
    container,
    '--hostname',
    name,
    '--network=none',
    '--privileged',
    ...mounts,
    '-e',
    'container=docker',
    image,
    '/sbin/init',
  ])
  await connect(container)
  const exec = (command: readonly string[], options: RunOptions = {}) =>
    run('docker', ['exec', ...(options.input === undefined ? [] : ['-i']), container, ...command], options)
  const machine: Machine = {
    name: container,
    exec,
    sh: async (script, options) => (await exec(['bash', '-c', script], options)).stdout,
  }
  await eventually(
    async () => {
      const state = (await exec(['systemctl', 'is-system-running'], { mayFail: true })).stdout.trim()
      if (state !== 'running' && state !== 'degraded') throw new Error(`systemd is ${state}`)
      await exec(['docker', 'version'])
    },
    { seconds: 90 },
  )
  // systemd does so itself on a VM.
  await machine.exec(['mount', '--make-rshared', '/'])
  return machine
}

/** A link between the machine and the host it runs on, for an address that is not loopback. */
async function connect(container: string): Promise<void> {
  const pid = (await run('docker', ['inspect', '-f', '{{.State.Pid}}', container])).stdout.trim()
  const host = `m${pid}`
  await run('ip', ['link', 'add', host, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', pid])
  await run('ip', ['address', 'add', '198.18.200.1/24', 'dev', host])
  await run('ip', ['link', 'set', host, 'up'])
  const inside = ['--target', pid, '--net', 'ip']
  await run('nsenter', [...inside, 'address', 'add', '198.18.200.2/24', 'dev', 'eth0'])
  await run('nsenter', [...inside, 'link', 'set', 'eth0', 'up'])
}
