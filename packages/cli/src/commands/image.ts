import { createReadStream } from 'node:fs'
import { engineSocket } from '@tandem/cluster/host/engine'
import { loadImages } from '@tandem/cluster/images'
import type { CliCommand } from '../command.ts'

export const command: CliCommand = {
  name: 'image',
  summary: 'bring images to the nodes of this host without a registry',
  example: 'docker save my-app:1 | tandem image load -',
  define(command) {
    command
      .command('load')
      .description('load images from an archive as docker save writes it')
      .argument('<archive>', 'a tar file, or - for standard input')
      .action(async (archive: string) => {
        const images = await loadImages(engineSocket(), archive === '-' ? process.stdin : createReadStream(archive))
        for (const image of images) process.stdout.write(`loaded ${image}\n`)
      })
  },
}
