import { KeyExistsError } from '@tandem/storage'
import { StaleError, type Subject } from '@tandem/storage/testing/linearizability/record'
import type { requestsOf } from './request-client.ts'

interface ConfigMap {
  metadata: { name: string; resourceVersion: string }
  data: { value: string }
}

const entryOf = ({ metadata, data }: ConfigMap) => ({
  key: metadata.name,
  value: Buffer.from(data.value),
  createRevision: 0,
  modRevision: Number(metadata.resourceVersion),
})

/** A namespace's ConfigMaps as what a backend holds: keys are names, revisions are resource versions. */
export function subjectOf(ask: Awaited<ReturnType<typeof requestsOf>>['ask'], namespace = 'default'): Subject {
  const maps = `/api/v1/namespaces/${namespace}/configmaps`
  const body = (name: string, value: Uint8Array, resourceVersion?: number) => ({
    metadata: { name, ...(resourceVersion && { resourceVersion: String(resourceVersion) }) },
    data: { value: Buffer.from(value).toString() },
  })
  const write = async (name: string, method: string, path: string, body: object) => {
    const answer = await ask(method, path, body)
    if (answer.body.reason === 'AlreadyExists') throw new KeyExistsError(name)
    if (answer.code === 409 || answer.code === 404) throw new StaleError(answer.body.message)
    if (answer.code >= 300) throw new Error(answer.text)
    // A deletion's answer does not tell its revision.
    return { revision: method === 'DELETE' ? Number.NaN : Number(answer.body.metadata.resourceVersion) }
  }
  return {
    async get(name) {
      const { code, body } = await ask('GET', `${maps}/${name}`)
      return code === 404 ? undefined : entryOf(body)
    },
    async list() {
      const { body } = await ask('GET', maps)
      return { entries: body.items.map(entryOf), revision: Number(body.metadata.resourceVersion), remaining: 0 }
    },
    create: (name, value) => write(name, 'POST', maps, body(name, value)),
    update: (name, value, revision) => write(name, 'PUT', `${maps}/${name}`, body(name, value, revision)),
    delete: (name, revision) =>
      write(name, 'DELETE', `${maps}/${name}`, { preconditions: { resourceVersion: String(revision) } }),
  }
}
