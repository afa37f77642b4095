import { execFileSync } from 'node:child_process'
import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const applets =
  'sh cat ls sleep echo env wget httpd nc id hostname touch rm test true false stty readlink tar ps mkdir kill'.split(
    ' ',
  )

/** Makes an image of BusyBox, for there may be no registry. */
export async function importBusybox(directory: string, image: string): Promise<string> {
  const root = join(directory, 'image')
  await mkdir(join(root, 'bin'), { recursive: true })
  await mkdir(join(root, 'tmp'))
  await cp('/bin/busybox', join(root, 'bin', 'busybox'))
  for (const applet of applets) await symlink('busybox', join(root, 'bin', applet))
  await writeFile(join(root, 'tmp', 'index.html'), 'hello from the pod\n')
  const script = `tar -C '${root}' -c . | docker import -c 'ENV PATH=/bin' - ${image}`
  execFileSync('sh', ['-c', script], { stdio: 'pipe' })
  await rm(root, { recursive: true })
  return image
}

/** Takes away what a bridge and cgroups of that name leave on the host. */
export function removeHostTraces(name: string): void {
  const cgroups = `for d in /sys/fs/cgroup/*/${name} /sys/fs/cgroup/${name}; do [ -d "$d" ] && find "$d" -depth -type d -exec rmdir {} + ; done`
  execFileSync('sh', ['-c', `ip link delete ${name} 2>/dev/null; ${cgroups}; true`], { stdio: 'pipe' })
}
