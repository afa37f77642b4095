import { chmod, mkdir, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'

/** As provisioners name volumes. Nothing else is ever made or removed here. */
const provisioned = /^pvc-[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/

/**
 * Where the volumes lie that were provisioned on this node, a directory each, called as the volume is. Only root can look in; who
 * has a volume sees nothing but what is in it, and may write whoever it runs as.
 */
export class LocalPathDirectory {
  readonly root: string

  constructor(root: string) {
    this.root = root
  }

  /** Makes the directory of a volume if the path is one of these, and nothing if it is not. */
  async ensure(path: string): Promise<void> {
    if (dirname(path) !== this.root || !provisioned.test(basename(path))) return
    await mkdir(this.root, { recursive: true, mode: 0o700 })
    const made = await mkdir(path, { recursive: true })
    if (made !== undefined) await chmod(path, 0o777)
  }

  /** Removes a volume with all that is in it. A volume that is not there is no error. */
  async remove(volume: string): Promise<void> {
    if (!provisioned.test(volume)) throw new Error(`${volume} is not the name of a provisioned volume`)
    await rm(join(this.root, volume), { recursive: true, force: true })
  }
}
