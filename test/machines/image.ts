import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { run } from '../e2e/kubectl.ts'

/** What a user's Debian machine has beside the base system. */
const packages = [
  'systemd',
  'systemd-sysv',
  'dbus',
  'docker.io',
  'docker-compose',
  'iptables',
  'conntrack',
  'iproute2',
  'kmod',
  'busybox-static',
  'libatomic1',
  'containernetworking-plugins',
  'ca-certificates',
]

/** The machine's engine runs in a container here, and needs what the lab's own engines need. */
const engineConfiguration = { runtimes: { lab: { path: '/usr/local/bin/lab-runtime' } }, 'default-runtime': 'lab' }

const image = `tandem-machine:${createHash('sha256')
  .update(JSON.stringify([packages, engineConfiguration]))
  .digest('hex')
  .slice(0, 12)}`
const archive = join('.cache', `${image.replace(':', '-')}.tar`)

/** Makes the machine's disk by debootstrap, once for a checkout. Needs Debian's mirror, which no lab host can reach. */
export async function ensureArchive(): Promise<void> {
  if (existsSync(archive)) return
  const root = join('.cache', `machine-${process.pid}`)
  mkdirSync(root, { recursive: true })
  try {
    await run('debootstrap', ['--variant=minbase', `--include=${packages.join()}`, 'bookworm', root], {
      timeoutMs: 900_000,
    })
    mkdirSync(join(root, 'etc/docker'), { recursive: true })
    writeFileSync(join(root, 'etc/docker/daemon.json'), JSON.stringify(engineConfiguration))
    await run('tar', ['-C', root, '--exclude=./var/cache/apt/archives/*.deb', '-cf', `${archive}.new`, '.'], {
      timeoutMs: 300_000,
    })
    renameSync(`${archive}.new`, archive)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/** The machine's image in the engine of this lab host. */
export async function ensureImage(): Promise<string> {
  if ((await run('docker', ['image', 'inspect', image], { mayFail: true })).code !== 0)
    await run('docker', ['import', archive, image], { timeoutMs: 300_000 })
  return image
}
