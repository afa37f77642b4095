import type Docker from 'dockerode'
import type { ImageStatus, RegistryCredentials } from '../runtime.ts'
import { isConflict, isNotFound } from './engine-error.ts'

export async function imageStatus(docker: Docker, image: string): Promise<ImageStatus | undefined> {
  try {
    return statusOf(await docker.getImage(image).inspect())
  } catch (error) {
    if (isNotFound(error)) return undefined
    throw error
  }
}

function statusOf(inspected: Docker.ImageInspectInfo): ImageStatus {
  const user = (inspected.Config?.User ?? '').split(':')[0] ?? ''
  const names = [...(inspected.RepoTags ?? []), ...(inspected.RepoDigests ?? [])]
  return {
    id: inspected.Id,
    reference: inspected.RepoDigests?.[0] ?? inspected.Id,
    names,
    sizeBytes: inspected.Size,
    ...(user === '' ? { uid: 0 } : /^\d+$/.test(user) ? { uid: Number(user) } : { username: user }),
  }
}

export async function pullImage(
  docker: Docker,
  image: string,
  credentials?: RegistryCredentials,
): Promise<ImageStatus> {
  const options = credentials
    ? {
        authconfig: {
          username: credentials.username,
          password: credentials.password,
          serveraddress: credentials.serverAddress ?? '',
        },
      }
    : {}
  const progress = (await docker.pull(image, options)) as NodeJS.ReadableStream
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(progress, (error) => (error ? reject(error) : resolve()))
  })
  const status = await imageStatus(docker, image)
  if (!status) throw new Error(`image ${image} is not there after it was pulled`)
  return status
}

export async function listImages(docker: Docker): Promise<ImageStatus[]> {
  const images = await docker.listImages()
  return images.map((image) => ({
    id: image.Id,
    reference: image.RepoDigests?.[0] ?? image.Id,
    names: [...(image.RepoDigests ?? []), ...(image.RepoTags ?? [])].filter((name) => !name.includes('<none>')),
    sizeBytes: image.Size,
  }))
}

/** An image that something still uses stays. */
export async function removeImage(docker: Docker, image: string): Promise<void> {
  try {
    await docker.getImage(image).remove()
  } catch (error) {
    if (!isNotFound(error) && !isConflict(error)) throw error
  }
}
