import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, rm, rmdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { secrets } from '@tandem/api/core/v1/secret'
import type { CSIPersistentVolumeSource, CSIVolumeSource } from '@tandem/api/core/v1/types'
import { csiDrivers } from '@tandem/api/storage/v1/csidriver'
import type { CSIDriver } from '@tandem/api/storage/v1/types'
import { attachedVolumeName, volumeAttachmentName } from '@tandem/api/storage/v1/volume-attachment-name'
import { volumeAttachments } from '@tandem/api/storage/v1/volumeattachment'
import { isNotFound } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'
import type { Clock } from '@tandem/component-base'
import type { Directories } from '../directories.ts'
import { isMounted, unmount } from '../volumes/mounts.ts'
import { giveToGroup } from '../volumes/ownership.ts'
import type { MountedVolume, MountRequest } from '../volumes/plugin.ts'
import { InTurn } from './in-turn.ts'
import type { NodeDriver } from './node-driver.ts'
import { accessModeOf, appliesGroup, checkLifecycle, inlineHandle, isPersistent, podInfo } from './volume-request.ts'

export interface CsiVolumesOptions {
  drivers: { get(name: string): NodeDriver }
  client: Client
  directories: Directories
  nodeName: string
  clock: Clock
}

/** What is noted beside a mounted volume: enough to take it away when nothing else is known of it. */
interface VolumeData {
  driverName: string
  volumeHandle: string
  volumeLifecycleMode: 'Persistent' | 'Ephemeral'
  attachmentRequired: boolean
}

const dataFile = 'vol_data.json'
const tokensKey = 'csi.storage.k8s.io/serviceAccount.tokens'
/** Drivers that ask to be told again are, this often. */
const republishMs = 60_000
const attachPatience = { tries: 50, everyMs: 200 }

/** Volumes of CSI drivers: staged once on the node, published for each pod, and taken away in the reverse order. */
export class CsiVolumes {
  readonly #options: CsiVolumesOptions
  readonly #inTurn = new InTurn()
  readonly #staged = new Set<string>()
  /** Volumes that are attached to the node and have not been let go of. */
  readonly #inUse = new Set<string>()
  /** Told when what is in use has changed. */
  onInUse: () => void = () => {}

  constructor(options: CsiVolumesOptions) {
    this.#options = options
  }

  /** For `status.volumesInUse`: what must not be detached. */
  get inUse(): string[] {
    return [...this.#inUse].sort()
  }

  async mount(request: MountRequest): Promise<MountedVolume> {
    const { csi } = request.source
    if (!csi) throw new Error('volume source does not have CSI driver type')
    const volumeHandle = isPersistent(csi)
      ? csi.volumeHandle
      : inlineHandle(request.pod.metadata.uid, request.volume.name)
    const driver = this.#options.drivers.get(csi.driver)
    const object = await this.#driverObject(csi.driver)
    checkLifecycle(csi, object)
    const data: VolumeData = {
      driverName: csi.driver,
      volumeHandle,
      volumeLifecycleMode: isPersistent(csi) ? 'Persistent' : 'Ephemeral',
      attachmentRequired: isPersistent(csi) && object?.spec.attachRequired !== false,
    }
    return this.#inTurn.run(`${csi.driver}^${volumeHandle}`, () =>
      this.#publish(request, { csi, driver, object, data }),
    )
  }

  async #publish(
    request: MountRequest,
    context: { csi: Source; driver: NodeDriver; object: CSIDriver | undefined; data: VolumeData },
  ): Promise<MountedVolume> {
    const { csi, driver, object, data } = context
    const { pod, persistentVolume, directory, fsGroup } = request
    const targetPath = join(directory, 'mount')
    const readOnly = request.readOnly || (csi.readOnly ?? false)
    const republish = object?.spec.requiresRepublish ?? false
    const mounted: MountedVolume = { path: targetPath, readOnly, ...(republish && { refreshAfter: republishMs }) }
    const isThere = await isMounted(targetPath)
    if (data.attachmentRequired) this.#use(attachedVolumeName(data.driverName, data.volumeHandle))
    if (isThere && !republish) return mounted

    const publishContext = data.attachmentRequired ? await this.#attached(data) : {}
    const volumeContext = csi.volumeAttributes ?? {}
    const group = fsGroup !== undefined && driver.has('volumeMountGroup') ? { volumeMountGroup: String(fsGroup) } : {}
    const volumeCapability = {
      mount: { fsType: csi.fsType ?? '', mountFlags: persistentVolume?.spec.mountOptions ?? [], ...group },
      accessMode: { mode: accessModeOf(persistentVolume, driver) },
    }
    const volume = { volumeId: data.volumeHandle, publishContext, volumeCapability }
    await mkdir(directory, { recursive: true, mode: 0o750 })
    await writeFile(join(directory, dataFile), JSON.stringify(data))
    const stagingTargetPath = await this.#stage(csi, driver, { ...volume, volumeContext })
    const tokens = await this.#tokens(request, object)
    await driver.publish({
      ...volume,
      stagingTargetPath,
      targetPath,
      readonly: readOnly,
      secrets: {
        ...(await this.#secret(csi.nodePublishSecretRef, pod.metadata.namespace)),
        ...(object?.spec.serviceAccountTokenInSecrets ? tokens : {}),
      },
      volumeContext: {
        ...volumeContext,
        ...(object?.spec.podInfoOnMount ? podInfo(pod, csi) : {}),
        ...(object?.spec.serviceAccountTokenInSecrets ? {} : tokens),
      },
    })
    const ours = !driver.has('volumeMountGroup') && appliesGroup(csi, { volume: persistentVolume, driver: object })
    if (fsGroup !== undefined && ours && !isThere) {
      const policy = pod.spec.securityContext?.fsGroupChangePolicy
      await giveToGroup(targetPath, { fsGroup, readOnly, ...(policy && { policy }) })
    }
    return mounted
  }

  /** Where the driver has the volume for all pods of the node; empty where it does not need such a place. */
  async #stage(
    csi: Source,
    driver: NodeDriver,
    volume: Pick<
      Parameters<NodeDriver['stage']>[0],
      'volumeId' | 'publishContext' | 'volumeCapability' | 'volumeContext'
    >,
  ): Promise<string> {
    if (!isPersistent(csi) || !driver.has('stageUnstage')) return ''
    const stagingTargetPath = this.#stagingPath(csi.driver, csi.volumeHandle)
    if (this.#staged.has(stagingTargetPath)) return stagingTargetPath
    await mkdir(stagingTargetPath, { recursive: true, mode: 0o750 })
    const secrets = await this.#secret(csi.nodeStageSecretRef, undefined)
    await driver.stage({ ...volume, stagingTargetPath, secrets })
    this.#staged.add(stagingTargetPath)
    return stagingTargetPath
  }

  #stagingPath(driver: string, volumeHandle: string): string {
    const hash = createHash('sha256').update(volumeHandle).digest('hex')
    return join(this.#options.directories.plugin('kubernetes.io/csi'), driver, hash, 'globalmount')
  }

  /** Undoes what is noted in the directory; where nothing is, nothing was done. */
  async unmount(directory: string): Promise<void> {
    const data = await readData(directory)
    if (!data) return
    await this.#inTurn.run(`${data.driverName}^${data.volumeHandle}`, async () => {
      const driver = this.#options.drivers.get(data.driverName)
      const targetPath = join(directory, 'mount')
      await driver.unpublish({ volumeId: data.volumeHandle, targetPath })
      await unmount(targetPath)
      await rmdir(targetPath).catch(() => {})
      await rm(join(directory, dataFile))
      if (await this.#isUsed(data)) return
      const stagingTargetPath = this.#stagingPath(data.driverName, data.volumeHandle)
      if (data.volumeLifecycleMode === 'Persistent' && driver.has('stageUnstage')) {
        await driver.unstage({ volumeId: data.volumeHandle, stagingTargetPath })
        await unmount(stagingTargetPath)
        await rmdir(stagingTargetPath).catch(() => {})
        await rmdir(dirname(stagingTargetPath)).catch(() => {})
      }
      this.#staged.delete(stagingTargetPath)
      if (this.#inUse.delete(attachedVolumeName(data.driverName, data.volumeHandle))) this.onInUse()
    })
  }

  /** Does another pod of this node have it? Seen on disk: whoever had it before this kubelet started is there too. */
  async #isUsed({ driverName, volumeHandle }: VolumeData): Promise<boolean> {
    const { directories } = this.#options
    for (const uid of await readdir(directories.pods)) {
      const root = join(directories.volumes(uid), 'kubernetes.io~csi')
      for (const name of await readdir(root).catch(() => [])) {
        const other = await readData(join(root, name))
        if (other?.driverName === driverName && other.volumeHandle === volumeHandle) return true
      }
    }
    return false
  }

  #use(volume: string): void {
    if (this.#inUse.has(volume)) return
    this.#inUse.add(volume)
    this.onInUse()
  }

  #driverObject(name: string): Promise<CSIDriver | undefined> {
    return this.#options.client.get(csiDrivers, { name }).catch(undefinedIfNotFound)
  }

  /** What the driver's attacher says of the volume once it is attached to this node. */
  async #attached({ driverName, volumeHandle }: VolumeData): Promise<Readonly<Record<string, string>>> {
    const { client, clock, nodeName } = this.#options
    const name = volumeAttachmentName(volumeHandle, driverName, nodeName)
    for (let tries = 0; tries < attachPatience.tries; tries++) {
      const attachment = await client.get(volumeAttachments, { name }).catch(undefinedIfNotFound)
      if (attachment?.metadata.deletionTimestamp) throw new Error('volume attachment is being deleted')
      if (attachment?.status?.attached) return attachment.status.attachmentMetadata ?? {}
      await clock.sleep(attachPatience.everyMs)
    }
    throw new Error(
      `timed out waiting for external-attacher of ${driverName} CSI driver to attach volume ${volumeHandle}`,
    )
  }

  async #secret(
    reference: { name?: string; namespace?: string } | undefined,
    podNamespace: string | undefined,
  ): Promise<Record<string, string>> {
    if (!reference?.name) return {}
    const key = { namespace: reference.namespace ?? podNamespace ?? '', name: reference.name }
    const { data = {} } = await this.#options.client.get(secrets, key)
    return Object.fromEntries(
      Object.entries(data).map(([name, value]) => [name, Buffer.from(value, 'base64').toString()]),
    )
  }

  /** The tokens that the driver asks for, as it is given them: one JSON object by audience. */
  async #tokens({ pod, context }: MountRequest, driver: CSIDriver | undefined): Promise<Record<string, string>> {
    const requests = driver?.spec.tokenRequests ?? []
    if (requests.length === 0) return {}
    const tokens = await Promise.all(
      requests.map(async ({ audience, expirationSeconds = 3600 }) => {
        const { token, expiresAt } = await context.serviceAccountToken({ pod, audience, expirationSeconds })
        const expirationTimestamp = `${new Date(expiresAt).toISOString().slice(0, 19)}Z`
        return [audience, { token, expirationTimestamp }] as const
      }),
    )
    return { [tokensKey]: JSON.stringify(Object.fromEntries(tokens)) }
  }
}

type Source = CSIVolumeSource | CSIPersistentVolumeSource

async function readData(directory: string): Promise<VolumeData | undefined> {
  const text = await readFile(join(directory, dataFile), 'utf8').catch(() => undefined)
  return text === undefined ? undefined : (JSON.parse(text) as VolumeData)
}

function undefinedIfNotFound(error: unknown): undefined {
  if (!isNotFound(error)) throw error
}
