import type { Readable } from 'node:stream'
import Docker from 'dockerode'

/** The engine refused an archive, or found no image in it. */
export class ImageLoadError extends Error {
  readonly code = 'IMAGE_LOAD_FAILED'
}

/** Loads an archive into the engine; resolves to the names (or ids, where an image has no name) of what it held. */
export async function loadImages(socketPath: string, archive: Readable): Promise<string[]> {
  const docker = new Docker({ socketPath })
  const answer = await docker.loadImage(archive, { quiet: true })
  const loaded: string[] = []
  let text = ''
  for await (const chunk of answer) text += String(chunk)
  for (const line of text.split('\n').filter(Boolean)) {
    const message = JSON.parse(line) as { stream?: string; error?: string }
    if (message.error) throw new ImageLoadError(message.error)
    const name = /^Loaded image(?: ID)?: (\S+)/.exec(message.stream ?? '')?.[1]
    if (name) loaded.push(name)
  }
  if (loaded.length === 0) throw new ImageLoadError('the archive holds no image')
  return loaded
}
