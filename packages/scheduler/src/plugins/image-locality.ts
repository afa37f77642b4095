import type { Pod } from '@tandem/api/core/v1/types'
import { maxNodeScore, type Plugin } from '../framework/plugin.ts'
import { skip } from '../framework/status.ts'

const mebibyte = 1024 * 1024
/** Less than this of a pod's images is not worth preferring a node for; more than that per container counts no further. */
const minThreshold = 23 * mebibyte
const maxContainerThreshold = 1000 * mebibyte

/** Prefers nodes that have the pod's images, the more the larger they are and the more nodes have them. */
export const plugin: Plugin = {
  name: 'ImageLocality',

  preScore(cycle) {
    // An image with few nodes counts little, so that its nodes do not draw every pod that uses it.
    const shares = imagesOf(cycle.pod.pod)
      .map((image): ImageShare => ({ image, share: cycle.imageNodes(image) / cycle.nodes.length }))
      .filter(({ share }) => share > 0)
    if (shares.length === 0) return skip
    cycle.state.set(plugin.name, shares)
    return undefined
  },

  score({ pod, state }, { images }) {
    let sum = 0
    for (const { image, share } of state.get(plugin.name) as ImageShare[])
      sum += Math.trunc((images.get(image) ?? 0) * share)
    const max = maxContainerThreshold * containerCount(pod.pod)
    const clamped = Math.min(Math.max(sum, minThreshold), max)
    return Math.trunc((maxNodeScore * (clamped - minThreshold)) / (max - minThreshold))
  },
}

interface ImageShare {
  image: string
  /** Of all nodes, those that have it. */
  share: number
}

const containerCount = ({ spec }: Pod): number => (spec.containers?.length ?? 0) + (spec.initContainers?.length ?? 0)

const imagesOf = ({ spec }: Pod): string[] =>
  [
    ...(spec.initContainers ?? []).map(({ image }) => image),
    ...(spec.containers ?? []).map(({ image }) => image),
    ...(spec.volumes ?? []).map(({ image }) => image?.reference),
  ].flatMap((image) => (image ? [withTag(image)] : []))

/** As nodes report images: an image without a tag is the latest. */
const withTag = (image: string): string =>
  image.lastIndexOf(':') <= image.lastIndexOf('/') ? `${image}:latest` : image
