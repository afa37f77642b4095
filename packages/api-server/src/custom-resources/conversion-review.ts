import type { ConversionReview } from '@tandem/api/apiextensions/v1/types'
import type { KubernetesObject } from '@tandem/apimachinery'

const group = 'apiextensions.k8s.io'
const known = ['v1', 'v1beta1']

/** The review of the first version that both sides know. */
export function conversionReview(
  versions: readonly string[],
  request: { uid: string; desiredAPIVersion: string; objects: readonly KubernetesObject[] },
): ConversionReview {
  const version = versions.find((each) => known.includes(each))
  if (!version) throw new Error('no supported conversion review versions')
  return {
    kind: 'ConversionReview',
    apiVersion: `${group}/${version}`,
    request: { ...request, objects: [...request.objects] },
  }
}

/** The objects that a webhook answered with. Throws in upstream's words. */
export function convertedObjects(asked: ConversionReview, answer: ConversionReview): unknown[] {
  const { kind, apiVersion, response } = answer
  const isStrict = asked.apiVersion === `${group}/v1`
  if (isStrict && (kind !== asked.kind || apiVersion !== asked.apiVersion))
    throw new Error(`expected webhook response of ${gvk(asked)}, got ${gvk(answer)}`)
  if (!response) throw new Error('no response provided')
  const uid = asked.request?.uid ?? ''
  if (isStrict && response.uid !== uid)
    throw new Error(`expected response.uid=${JSON.stringify(uid)}, got ${JSON.stringify(response.uid ?? '')}`)
  const { status = '', message } = response.result ?? {}
  if (status !== 'Success') throw new Error(message || `response.result.status was '${status}', not 'Success'`)
  return response.convertedObjects ?? []
}

export const gvk = ({ apiVersion = '', kind = '' }: { apiVersion?: string; kind?: string }): string =>
  `${apiVersion}, Kind=${kind}`

/** What became of an object: it is still the same, and of its metadata labels and annotations alone may differ. */
export function restored(original: KubernetesObject, converted: unknown, apiVersion: string): KubernetesObject {
  const found = converted as KubernetesObject
  if (found?.apiVersion !== apiVersion)
    throw new Error(`invalid groupVersion (expected ${apiVersion}, received ${found?.apiVersion ?? ''})`)
  if (found.kind !== original.kind)
    throw new Error(`invalid kind (expected ${original.kind ?? ''}, received ${found.kind ?? ''})`)
  if (!found.metadata) throw new Error('missing metadata in converted object')
  for (const [member, name] of [
    ['name', 'name'],
    ['namespace', 'namespace'],
    ['uid', 'UID'],
  ] as const) {
    const [before, after] = [original.metadata[member] ?? '', found.metadata[member] ?? '']
    if (before !== after) throw new Error(`must have the same ${name}: ${before} != ${after}`)
  }
  const { labels: _labels, annotations: _annotations, ...kept } = original.metadata
  const { labels, annotations } = found.metadata
  return { ...found, metadata: { ...kept, ...(labels && { labels }), ...(annotations && { annotations }) } }
}
