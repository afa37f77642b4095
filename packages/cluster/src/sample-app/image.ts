import { readFile } from 'node:fs/promises'
import { Readable } from 'node:stream'
import { text } from 'node:stream/consumers'
import { runCommand } from '@tandem/netfilter'
import Docker from 'dockerode'
import { pack } from 'tar-stream'
import { hasProgram } from '../host/programs.ts'

export const sampleImage = 'tandem.local/sample-app:1'

/**
 * Makes the sample app's image in the engine, without a registry, from the host's static BusyBox; a no-op when it is there.
 * Rejects when the host has none: the caller says how to get it.
 */
export async function ensureSampleImage(socketPath: string, name: string = sampleImage): Promise<void> {
  const docker = new Docker({ socketPath })
  const there = await docker
    .getImage(name)
    .inspect()
    .then(
      () => true,
      () => false,
    )
  if (there) return
  const [repo, tag] = splitTag(name)
  const changes = ['CMD ["sh"]', 'ENV PATH=/bin', 'LABEL io.tandem.image=sample-app']
  const answer = await docker.importImage(Readable.from(await rootFileSystem()), { repo, tag, changes })
  await text(answer)
}

function splitTag(name: string): [string, string] {
  const colon = name.lastIndexOf(':')
  return [name.slice(0, colon), name.slice(colon + 1)]
}

/** BusyBox, under the name of each program it can be. */
async function rootFileSystem(): Promise<ReturnType<typeof pack>> {
  const { path, program } = await findStaticBusybox()
  const applets = (await runCommand(path, ['--list'])).split('\n').filter((name) => name && name !== 'busybox')
  const archive = pack()
  archive.entry({ name: 'bin/busybox', mode: 0o755 }, program)
  for (const applet of applets) archive.entry({ name: `bin/${applet}`, type: 'symlink', linkname: 'busybox' })
  archive.entry({ name: 'tmp', type: 'directory', mode: 0o1777 })
  archive.entry({ name: 'etc/passwd' }, 'root:x:0:0:root:/:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/sh\n')
  archive.entry({ name: 'etc/group' }, 'root:x:0:\nnogroup:x:65534:\n')
  archive.finalize()
  return archive
}

async function findStaticBusybox(): Promise<{ path: string; program: Buffer }> {
  if (!(await hasProgram('busybox')))
    throw new Error('the sample app needs BusyBox on the host: apt-get install busybox-static')
  const path = (await runCommand('sh', ['-c', 'readlink -f "$(command -v busybox)"'])).trim()
  const program = await readFile(path)
  if (program.includes('/lib64/ld-linux') || program.includes('/lib/ld-linux'))
    throw new Error(`${path} is not static: apt-get install busybox-static`)
  return { path, program }
}
