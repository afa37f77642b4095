import type { ContainerImage } from '@tandem/api/core/v1/types'
import type { ImageStatus } from '../container-runtime/runtime.ts'

/** Upstream's nodeStatusMaxImages, and as many names of each as are told. */
const maxImages = 50
const maxNames = 5

/** What the scheduler may know of a node's images: the largest of them. */
export const nodeImages = (images: readonly ImageStatus[]): ContainerImage[] =>
  images
    .filter(({ names }) => names.length > 0)
    .toSorted((a, b) => b.sizeBytes - a.sizeBytes || (a.id < b.id ? -1 : 1))
    .slice(0, maxImages)
    .map(({ names, sizeBytes }) => ({ names: names.slice(0, maxNames), sizeBytes }))
