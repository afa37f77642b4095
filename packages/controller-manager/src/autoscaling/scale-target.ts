import type { CrossVersionObjectReference } from '@tandem/api/autoscaling/v2/types'
import { isConflict, parseApiVersion } from '@tandem/apimachinery'
import type { Client } from '@tandem/client'
import { discoverGroupVersion } from '@tandem/client/discovery'

export interface Scale {
  apiVersion: string
  kind: string
  metadata: { name: string; namespace: string; resourceVersion?: string }
  spec?: { replicas?: number }
  status?: { replicas?: number; selector?: string }
}

/** A target that was found, with the path at which its scale is. */
export interface FoundScale {
  path: string
  scale: Scale
}

const mostTries = 5

/** Finds which resource a kind is, and reads and writes its scale. */
export class ScaleTargets {
  readonly #client: Client
  /** Collections by group and kind, in all versions of the group. */
  readonly #collections = new Map<string, Promise<string[]>>()

  constructor(client: Client) {
    this.#client = client
  }

  /** Throws when the kind is unknown, the target is not there, or has no scale. */
  async get(namespace: string, { apiVersion = '', kind, name }: CrossVersionObjectReference): Promise<FoundScale> {
    const { group } = parseApiVersion(apiVersion)
    const key = `${kind}.${group}`
    const collections = this.#collections.get(key) ?? this.#discover(group, kind)
    this.#collections.set(key, collections)
    try {
      return await firstOf(
        (await collections).map((collection) => async () => {
          const path = `${collection.replace('{namespace}', namespace)}/${name}/scale`
          return { path, scale: await this.#client.request<Scale>({ path }) }
        }),
      )
    } catch (error) {
      // What a kind is may have changed: custom resources come and go.
      this.#collections.delete(key)
      throw error
    }
  }

  /** Somebody else's change in between is no reason not to: the number does not depend on it. */
  async set({ path, scale }: FoundScale, replicas: number): Promise<void> {
    for (let tries = 1, current = scale; ; tries++) {
      try {
        const body = { ...current, spec: { ...current.spec, replicas } }
        await this.#client.request({ method: 'PUT', path, body })
        return
      } catch (error) {
        if (!isConflict(error) || tries === mostTries) throw error
        current = await this.#client.request<Scale>({ path }).catch(() => current)
      }
    }
  }

  async #discover(group: string, kind: string): Promise<string[]> {
    const versions = group === '' ? ['v1'] : await this.#versionsOf(group)
    const resources = await Promise.all(versions.map((version) => discoverGroupVersion(this.#client, version)))
    const found = resources.flat().filter((resource) => resource.kind === kind)
    if (found.length === 0) throw new Error(`no matches for kind "${kind}" in group "${group}"`)
    return found.map(({ version, plural }) => {
      const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
      return `${root}/namespaces/{namespace}/${plural}`
    })
  }

  async #versionsOf(group: string): Promise<string[]> {
    const { groups } = await this.#client.request<{
      groups: { name: string; versions: { groupVersion: string }[] }[]
    }>({ path: '/apis' })
    return groups.find(({ name }) => name === group)?.versions.map(({ groupVersion }) => groupVersion) ?? []
  }
}

/** The first that works; of those that do not, the first one's error. */
async function firstOf<T>(attempts: readonly (() => Promise<T>)[]): Promise<T> {
  const errors: unknown[] = []
  for (const attempt of attempts) {
    try {
      return await attempt()
    } catch (error) {
      errors.push(error)
    }
  }
  throw errors[0]
}
