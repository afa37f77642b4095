import {
  type AnyResourceDefinition,
  apiVersionOf,
  type KubernetesList,
  type KubernetesObject,
  type New,
  type ObjectKey,
  type ResourceDefinition,
  type Status,
  StatusError,
} from '@tandem/apimachinery'
import type { Clock } from '@tandem/component-base'
import type {
  Client,
  DeleteOptions,
  GetOptions,
  ListOptions,
  Patch,
  PatchOptions,
  RawRequest,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './client.ts'
import type { ClientConfig } from './kubeconfig/config.ts'
import { linesOf } from './lines.ts'
import { collectionPath, objectPath, queryString } from './paths.ts'
import { Transport } from './transport.ts'

/** A client of the API server that `config` names. Opens no connection before the first call. */
export const createClient = (config: ClientConfig, clock?: Clock): Client =>
  new RestClient(new Transport(config, clock))

const patchTypes: Record<Patch['type'], string> = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
}

class RestClient implements Client {
  readonly #transport: Transport

  constructor(transport: Transport) {
    this.#transport = transport
  }

  get<T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    key: ObjectKey,
    options: GetOptions = {},
  ): Promise<T> {
    const { subresource, resourceVersion, signal } = options
    const path = objectPath(resource, key, subresource) + queryString({ resourceVersion })
    return this.#transport.send({ method: 'GET', path, signal })
  }

  /** Items of a list come without kind and apiVersion; they are filled in, so that every object can say what it is. */
  async list<T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    options: ListOptions = {},
  ): Promise<KubernetesList<T>> {
    const { namespace, signal, metadataOnly, ...query } = options
    const path = collectionPath(resource, namespace) + queryString({ ...query })
    const accept = metadataOnly ? metadataOf('PartialObjectMetadataList') : undefined
    const list = await this.#transport.send<KubernetesList<T>>({ method: 'GET', path, accept, signal })
    const apiVersion = apiVersionOf(resource)
    list.items ??= []
    for (const item of list.items) {
      item.apiVersion = apiVersion
      item.kind = resource.kind
    }
    return list
  }

  create<T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    object: New<T>,
    options: WriteOptions = {},
  ): Promise<T> {
    const { name, namespace } = object.metadata
    const { subresource, signal } = options
    const path = subresource
      ? objectPath(resource, { name: name ?? '', namespace }, subresource)
      : collectionPath(resource, namespace)
    return this.#transport.send({
      method: 'POST',
      path: path + writeQuery(options),
      body: typed(resource, object),
      signal,
    })
  }

  update<T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<T> {
    const path = objectPath(resource, object.metadata, options.subresource) + writeQuery(options)
    return this.#transport.send({ method: 'PUT', path, body: typed(resource, object), signal: options.signal })
  }

  patch<T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    key: ObjectKey,
    patch: Patch,
    options: PatchOptions = {},
  ): Promise<T> {
    const path = objectPath(resource, key, options.subresource) + writeQuery(options)
    const body = patch.type === 'apply' ? typed(resource, patch.body) : patch.body
    return this.#transport.send({
      method: 'PATCH',
      path,
      body,
      contentType: patchTypes[patch.type],
      signal: options.signal,
    })
  }

  async delete<T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    key: ObjectKey,
    options: DeleteOptions = {},
  ): Promise<void> {
    const path = objectPath(resource, key)
    await this.#transport.send({ method: 'DELETE', path, body: deleteBody(options), signal: options.signal })
  }

  async deleteCollection<T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    { namespace, signal, metadataOnly: _, ...selection }: ListOptions,
    options: DeleteOptions = {},
  ): Promise<void> {
    const path = collectionPath(resource, namespace) + queryString({ ...selection })
    await this.#transport.send({ method: 'DELETE', path, body: deleteBody(options), signal: signal ?? options.signal })
  }

  async *watch<T extends KubernetesObject>(
    resource: ResourceDefinition<T>,
    options: WatchOptions,
  ): AsyncGenerator<WatchEvent<T>> {
    const { namespace, signal, sendInitialEvents, metadataOnly, ...query } = options
    const path =
      collectionPath(resource, namespace) +
      queryString({
        watch: true,
        ...query,
        ...(sendInitialEvents && { sendInitialEvents, resourceVersionMatch: 'NotOlderThan' }),
      })
    const accept = metadataOnly ? metadataOf('PartialObjectMetadata') : undefined
    const stream = await this.#transport.stream({ method: 'GET', path, accept, signal })
    for await (const lines of linesOf(stream)) {
      for (const line of lines) {
        const event: WatchEvent<T> | { type: 'ERROR'; object: Status } = JSON.parse(line)
        if (event.type === 'ERROR') throw new StatusError(event.object)
        yield event
      }
    }
  }

  createSubresource<Result>(
    resource: AnyResourceDefinition,
    key: ObjectKey,
    subresource: string,
    body: object,
  ): Promise<Result> {
    return this.#transport.send({ method: 'POST', path: objectPath(resource, key, subresource), body })
  }

  request<Result>({ method = 'GET', path, query = {}, body, contentType, signal }: RawRequest): Promise<Result> {
    return this.#transport.send({ method, path: path + queryString(query), body, contentType, signal })
  }

  close(): Promise<void> {
    return this.#transport.close()
  }
}

const metadataOf = (kind: string): string => `application/json;as=${kind};g=meta.k8s.io;v=v1,application/json`

const typed = (resource: AnyResourceDefinition, object: object): object => ({
  apiVersion: apiVersionOf(resource),
  kind: resource.kind,
  ...object,
})

const writeQuery = ({ dryRun, fieldManager, fieldValidation, force }: PatchOptions): string =>
  queryString({ dryRun: dryRun ? 'All' : undefined, fieldManager, fieldValidation, force })

const deleteBody = ({ signal: _, dryRun, ...options }: DeleteOptions): object => ({
  kind: 'DeleteOptions',
  apiVersion: 'v1',
  ...options,
  ...(dryRun && { dryRun: ['All'] }),
})
