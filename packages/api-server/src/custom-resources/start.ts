import { customResourceDefinitions } from '@tandem/api/apiextensions/v1/customresourcedefinition'
import type { CustomResourceDefinition } from '@tandem/api/apiextensions/v1/types'
import { type Follower, type FollowOptions, follow } from '../follow.ts'
import type { Resources } from '../resources.ts'
import { CustomApiServices } from './api-services.ts'
import { DefinitionController } from './controller.ts'
import type { CustomResourceServing } from './serving.ts'

/** Serves what is defined already, and resolves to what begins to work at definitions once the server is up. */
export async function followDefinitions(
  resources: Resources,
  serving: CustomResourceServing,
  { servers, following }: { servers: () => Promise<number>; following: FollowOptions },
): Promise<() => void> {
  const storage = (name: string) => serving.storage(name)
  const controller = new DefinitionController({ resources, storage, servers, following })
  const services = new CustomApiServices(resources, following)
  const all: Required<Pick<Follower<CustomResourceDefinition>, 'set' | 'remove'>>[] = [serving, controller, services]
  const told: Follower<CustomResourceDefinition> = {
    set: (crd) => {
      for (const each of all) each.set(crd)
    },
    remove: (crd) => {
      for (const each of all) each.remove(crd)
    },
  }
  await follow(resources.store(customResourceDefinitions), told, following)
  return () => {
    controller.start()
    services.start()
  }
}
