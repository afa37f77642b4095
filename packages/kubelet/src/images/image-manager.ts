import { parseImageName } from '@tandem/api/core/v1/image-name'
import type { Container, EphemeralContainer, Pod, Secret } from '@tandem/api/core/v1/types'
import type { Clock } from '@tandem/component-base'
import type { ContainerRuntime, ImageStatus, RegistryCredentials } from '../container-runtime/runtime.ts'
import { Backoff, durationText } from '../lifecycle/backoff.ts'
import type { PodEvents } from '../lifecycle/pod-events.ts'
import { StartError } from '../lifecycle/start-error.ts'
import type { CredentialProviders } from './credential-providers.ts'
import { credentialsFor } from './pull-secrets.ts'
import { PullSlots } from './pull-slots.ts'

export interface ImageManagerOptions {
  runtime: ContainerRuntime
  events: PodEvents
  clock: Clock
  secret(namespace: string, name: string): Promise<Secret | undefined>
  /** Of programs on this node, for images that no secret of the pod is for. */
  providers?: Pick<CredentialProviders, 'credentials'> | undefined
  /** How many images are pulled at a time. */
  parallelPulls: number
}

interface Pull {
  status: ImageStatus
  /** Milliseconds, without the wait for its turn. */
  duration: number
}

/** Sees to it that images are there before containers are made of them, by each container's pull policy. */
export class ImageManager {
  readonly #options: ImageManagerOptions
  readonly #backoff = new Backoff()
  readonly #lastError = new Map<string, string>()
  readonly #slots: PullSlots
  /** One pull of an image at a time; who asks meanwhile with the same credentials shares it. */
  readonly #pulls = new Map<string, Promise<Pull>>()
  /** Told of every image that this kubelet pulled. */
  onPulled: (image: ImageStatus) => void = () => {}

  constructor(options: ImageManagerOptions) {
    this.#options = options
    this.#slots = new PullSlots(options.parallelPulls)
  }

  /** Throws StartError with upstream's waiting reason when the image cannot be had. */
  async ensure(
    pod: Pod,
    { name: container, image: requested = '', imagePullPolicy: policy }: Container | EphemeralContainer,
  ): Promise<ImageStatus> {
    const { runtime, events } = this.#options
    const image = withTag(requested)
    if (image === undefined) {
      const message = `Failed to apply default image tag "${requested}": couldn't parse image name "${requested}": invalid reference format`
      events.record(pod, { type: 'Warning', reason: 'InspectFailed', message, container })
      throw new StartError('InvalidImageName', message)
    }
    if (policy !== 'Always') {
      const present = await runtime.imageStatus(image)
      if (present) {
        const message = `Container image "${requested}" already present on machine and can be accessed by the pod`
        events.record(pod, { type: 'Normal', reason: 'Pulled', message, container })
        return present
      }
      if (policy === 'Never') {
        const message = `Container image "${requested}" is not present with pull policy of Never`
        events.record(pod, { type: 'Warning', reason: 'ErrImageNeverPull', message, container })
        throw new StartError('ErrImageNeverPull', message)
      }
    }
    return this.#pull(pod, container, image)
  }

  async #pull(pod: Pod, container: string, image: string): Promise<ImageStatus> {
    const { events, clock } = this.#options
    const key = `${pod.metadata.uid}_${image}`
    const remaining = this.#backoff.remainingSinceUpdate(key, clock.now())
    if (remaining > 0) {
      const message = `Back-off pulling image "${image}"`
      events.record(pod, { type: 'Normal', reason: 'BackOff', message, container })
      const cause = this.#lastError.get(key)
      throw new StartError('ImagePullBackOff', cause ? `${message}: ${cause}` : message, { retryAfter: remaining })
    }
    events.record(pod, { type: 'Normal', reason: 'Pulling', message: `Pulling image "${image}"`, container })
    const startedAt = clock.monotonic()
    try {
      const { status, duration } = await this.#shared(pod, image)
      const [took, all] = [pullTime(duration), pullTime(clock.monotonic() - startedAt)]
      const message = `Successfully pulled image "${image}" in ${took} (${all} including waiting). Image size: ${status.sizeBytes} bytes.`
      events.record(pod, { type: 'Normal', reason: 'Pulled', message, container })
      this.#lastError.delete(key)
      return status
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error)
      events.record(pod, {
        type: 'Warning',
        reason: 'Failed',
        message: `Failed to pull image "${image}": ${message}`,
        container,
      })
      const now = clock.now()
      this.#backoff.next(key, { failedAt: now, now })
      this.#lastError.set(key, `ErrImagePull: ${message}`)
      // The next attempt finds itself in backoff, and says so.
      throw new StartError('ErrImagePull', message, { retryAfter: 0, cause: error })
    }
  }

  async #shared(pod: Pod, image: string): Promise<Pull> {
    const candidates = await this.#credentials(pod, image)
    // A registry may let in the one and not the other.
    const key = JSON.stringify([image, candidates])
    const underWay = this.#pulls.get(key)
    if (underWay) return underWay
    const pull = this.#slots.use(() => this.#pullNow(image, candidates)).finally(() => this.#pulls.delete(key))
    this.#pulls.set(key, pull)
    return pull
  }

  async #credentials(pod: Pod, image: string): Promise<RegistryCredentials[]> {
    const { secret, providers } = this.#options
    const namespace = pod.metadata.namespace ?? ''
    const secrets = await Promise.all(
      (pod.spec.imagePullSecrets ?? []).map(({ name }) => secret(namespace, name ?? '')),
    )
    const given = credentialsFor(
      image,
      secrets.filter((found) => found !== undefined),
    )
    return [...given, ...((await providers?.credentials(image)) ?? [])]
  }

  async #pullNow(image: string, candidates: readonly RegistryCredentials[]): Promise<Pull> {
    const { runtime, clock } = this.#options
    const startedAt = clock.monotonic()
    let failure: unknown
    for (const credentials of candidates.length > 0 ? candidates : [undefined]) {
      try {
        const status = await runtime.pullImage(image, credentials)
        this.onPulled(status)
        return { status, duration: clock.monotonic() - startedAt }
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  /** The pod is gone. */
  forget(uid: string): void {
    this.#backoff.forget(`${uid}_`)
    for (const key of this.#lastError.keys()) if (key.startsWith(`${uid}_`)) this.#lastError.delete(key)
  }
}

/** The reference with the tag it implies, or undefined where it is no reference. */
function withTag(image: string): string | undefined {
  const parsed = parseImageName(image)
  if (!parsed) return undefined
  return parsed.digest === undefined && parsed.tag !== undefined && !image.endsWith(`:${parsed.tag}`)
    ? `${image}:${parsed.tag}`
    : image
}

const pullTime = (ms: number): string =>
  ms < 1000 ? `${Math.round(ms)}ms` : ms < 60_000 ? `${Math.round(ms) / 1000}s` : durationText(ms)
