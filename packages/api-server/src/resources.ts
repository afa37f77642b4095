import type { AnyResourceDefinition, KubernetesObject, ResourceDefinition } from '@tandem/apimachinery'
import type { Registry, Store } from './registry/store.ts'

export interface Resource {
  readonly definition: ResourceDefinition
  /** Undefined for kinds that are only answered, never kept: reviews. */
  readonly store: Store | undefined
}

/** What the server serves, built-in and custom alike, by group, version and plural. It changes while the server runs. */
export class Resources {
  readonly #registry: Registry
  readonly #served = new Map<string, Resource>()
  #version = 0

  constructor(registry: Registry, definitions: readonly AnyResourceDefinition[]) {
    this.#registry = registry
    for (const definition of definitions) this.add(definition)
  }

  find(group: string, version: string, plural: string): Resource | undefined {
    return this.#served.get(`${group}/${version}/${plural}`)
  }

  /** The store of a definition that is known to be served. */
  store<T extends KubernetesObject>(definition: ResourceDefinition<T>): Store<T> {
    return this.#registry.store(definition)
  }

  add(definition: AnyResourceDefinition): void {
    const any = definition as unknown as ResourceDefinition
    if (!definition.virtual) this.#registry.add(definition)
    const store = definition.virtual ? undefined : this.#registry.store(any)
    this.#served.set(keyOf(definition), { definition: any, store })
    this.#version++
  }

  remove(definition: AnyResourceDefinition): void {
    this.#served.delete(keyOf(definition))
    if (!definition.virtual) this.#registry.remove(definition)
    this.#version++
  }

  /** The versions of a custom resource; the one in which it is kept may be served or not. */
  addCustom({ served }: CustomVersions): void {
    for (const definition of served) this.add(definition)
  }

  removeCustom({ storage, served }: CustomVersions): void {
    for (const definition of served) this.remove(definition)
    this.#registry.remove(storage)
  }

  definitions(): ResourceDefinition[] {
    return [...this.#served.values()].map(({ definition }) => definition)
  }

  hasGroupVersion(group: string, version: string): boolean {
    return this.definitions().some((definition) => definition.group === group && definition.version === version)
  }

  /** Grows with each change of what is served: discovery and OpenAPI are made again when it did. */
  get version(): number {
    return this.#version
  }
}

interface CustomVersions {
  readonly storage: ResourceDefinition
  readonly served: readonly ResourceDefinition[]
}

const keyOf = ({ group, version, plural }: AnyResourceDefinition): string => `${group}/${version}/${plural}`
