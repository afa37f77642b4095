import type { AnyResourceDefinition, KubernetesObject } from '@tandem/apimachinery'
import type { UserInfo } from '../authentication/user.ts'

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT'

/** One write, as admission sees it. Mutating plugins may change `object`; validating ones may not. */
export interface AdmissionRequest {
  readonly operation: Operation
  readonly definition: AnyResourceDefinition
  readonly subresource: string
  readonly namespace: string
  /** '' when it is to be generated. */
  readonly name: string
  /** What is to be written; undefined for DELETE. For a subresource, its own kind (an Eviction, a Binding) or the whole object. */
  readonly object: KubernetesObject | undefined
  readonly oldObject: KubernetesObject | undefined
  /** The options of the write, as the client sent them. */
  readonly options?: object
  readonly user: UserInfo
  readonly dryRun: boolean
  warn(text: string): void
}

/**
 * One step of admission. `resources` narrows what it is asked about, as `group/plural` (`/pods`, `apps/deployments`); absent means
 * everything. Both steps throw to refuse.
 */
export interface AdmissionPlugin {
  readonly name: string
  readonly resources?: readonly string[]
  readonly operations: readonly Operation[]
  admit?(request: AdmissionRequest): void | Promise<void>
  validate?(request: AdmissionRequest): void | Promise<void>
}

/** Runs plugins in their order: order is meaning. Plugins that no resource needs cost that resource nothing. */
export class AdmissionChain {
  readonly #plugins: readonly AdmissionPlugin[]
  readonly #admitting = new Map<string, readonly AdmissionPlugin[]>()
  readonly #validating = new Map<string, readonly AdmissionPlugin[]>()

  constructor(plugins: readonly AdmissionPlugin[]) {
    this.#plugins = plugins
  }

  get names(): string[] {
    return this.#plugins.map(({ name }) => name)
  }

  async admit(request: AdmissionRequest): Promise<void> {
    for (const plugin of this.#chosen(this.#admitting, 'admit', request)) {
      const pending = plugin.admit?.(request)
      if (pending) await pending
    }
  }

  async validate(request: AdmissionRequest): Promise<void> {
    for (const plugin of this.#chosen(this.#validating, 'validate', request)) {
      const pending = plugin.validate?.(request)
      if (pending) await pending
    }
  }

  #chosen(
    known: Map<string, readonly AdmissionPlugin[]>,
    step: 'admit' | 'validate',
    { definition, operation }: AdmissionRequest,
  ): readonly AdmissionPlugin[] {
    const resource = `${definition.group}/${definition.plural}`
    const key = `${operation} ${resource}`
    let chosen = known.get(key)
    if (!chosen) {
      chosen = this.#plugins.filter(
        (plugin) =>
          plugin[step] && plugin.operations.includes(operation) && (plugin.resources?.includes(resource) ?? true),
      )
      known.set(key, chosen)
    }
    return chosen
  }
}

/** An object that a plugin is handed is of the kind that its `resources` promise. */
export const objectOf = <T extends KubernetesObject>({ object }: AdmissionRequest): T => object as T
export const oldObjectOf = <T extends KubernetesObject>({ oldObject }: AdmissionRequest): T => oldObject as T
