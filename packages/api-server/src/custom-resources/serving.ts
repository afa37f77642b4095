import type { CustomResourceDefinition } from '@tandem/api/apiextensions/v1/types'
import { forbidden, type ResourceDefinition } from '@tandem/apimachinery'
import type { AdmissionPlugin } from '../admission/admission.ts'
import type { Resources } from '../resources.ts'
import { isTrue } from './conditions.ts'
import { type CustomResource, customResourceOf } from './definition.ts'
import { callWebhook } from './webhook-client.ts'

interface Served extends CustomResource {
  /** What it was made from. */
  readonly from: string
}

/** Serves what CustomResourceDefinitions define, as they come, change and go. */
export class CustomResourceServing {
  readonly #resources: Resources
  readonly #served = new Map<string, Served>()
  readonly #terminating = new Set<string>()

  constructor(resources: Resources) {
    this.#resources = resources
  }

  set(crd: CustomResourceDefinition): void {
    const { name } = crd.metadata
    if (isTrue(crd, 'Terminating')) this.#terminating.add(name)
    else this.#terminating.delete(name)
    if (isTrue(crd, 'Established')) this.#serve(crd)
    else this.#stop(name)
  }

  #serve(crd: CustomResourceDefinition): void {
    const { name } = crd.metadata
    const from = JSON.stringify([crd.metadata.uid, crd.spec, crd.status?.acceptedNames])
    if (this.#served.get(name)?.from === from) return
    this.#stop(name)
    const { storage, served } = customResourceOf(crd, (config, body) => callWebhook(config, this.#resources, body))
    this.#resources.addCustom({ storage, served })
    this.#served.set(name, { storage, served, from })
  }

  remove({ metadata: { name } }: CustomResourceDefinition): void {
    this.#terminating.delete(name)
    this.#stop(name)
  }

  /** The definition under which its objects are kept. */
  storage(name: string): ResourceDefinition | undefined {
    return this.#served.get(name)?.storage
  }

  /** Nothing is made of what is about to go. */
  get admission(): AdmissionPlugin {
    return {
      name: 'CustomResourceDefinitionTerminating',
      operations: ['CREATE'],
      admit: ({ definition: { group, plural }, name }) => {
        if (!this.#terminating.has(`${plural}.${group}`)) return
        const why = 'create not allowed while custom resource definition is terminating'
        throw forbidden({ group, resource: plural }, name, why)
      },
    }
  }

  #stop(name: string): void {
    const known = this.#served.get(name)
    if (!known) return
    this.#served.delete(name)
    this.#resources.removeCustom(known)
  }
}
