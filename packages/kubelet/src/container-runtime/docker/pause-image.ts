import type Docker from 'dockerode'
import { pack } from 'tar-stream'
import { isNotFound } from './engine-error.ts'
import { type PauseArchitecture, pauseProgram } from './pause-program.ts'

/** The version changes with the program: an image of this name is never rebuilt. */
export const pauseImage = 'tandem.local/pause:1'

/** Makes the sandbox image in the engine unless it is there: no registry, no compiler. */
export async function ensurePauseImage(docker: Docker, architecture: PauseArchitecture): Promise<string> {
  try {
    await docker.getImage(pauseImage).inspect()
    return pauseImage
  } catch (error) {
    if (!isNotFound(error)) throw error
  }
  const archive = pack()
  archive.entry({ name: 'pause', mode: 0o755 }, pauseProgram(architecture))
  archive.finalize()
  const [repo, tag] = splitTag(pauseImage)
  const options = { repo, tag, changes: 'ENTRYPOINT ["/pause"]' }
  const progress = (await docker.importImage(
    archive as unknown as NodeJS.ReadableStream,
    options,
  )) as unknown as NodeJS.ReadableStream
  await new Promise<void>((resolve, reject) => {
    docker.modem.followProgress(progress, (error) => (error ? reject(error) : resolve()))
  })
  return pauseImage
}

const splitTag = (image: string): [string, string] => {
  const colon = image.lastIndexOf(':')
  return [image.slice(0, colon), image.slice(colon + 1)]
}
