import { randomUUID } from 'node:crypto'
import type { ConversionReview, CustomResourceDefinition } from '@tandem/api/apiextensions/v1/types'
import { type KubernetesObject, StatusError } from '@tandem/apimachinery'
import { conversionReview, convertedObjects, gvk, restored } from './conversion-review.ts'

/** From some versions into one. */
export type Convert = (objects: readonly KubernetesObject[], apiVersion: string) => Promise<KubernetesObject[]>

/** Posts a body to the webhook of a definition. */
export type CallWebhook = (
  config: NonNullable<
    NonNullable<NonNullable<CustomResourceDefinition['spec']['conversion']>['webhook']>['clientConfig']
  >,
  body: unknown,
) => Promise<unknown>

/** How a definition has its objects converted, where they differ in more than their version. */
export function conversionOf(
  { spec: { conversion } }: CustomResourceDefinition,
  call: CallWebhook,
): Convert | undefined {
  if (conversion?.strategy !== 'Webhook') return undefined
  const { clientConfig = {}, conversionReviewVersions = [] } = conversion.webhook ?? {}
  return async (objects, apiVersion) => {
    const others = objects.filter((object) => object.apiVersion !== apiVersion)
    const [first] = others
    if (!first) return [...objects]
    try {
      const request = { uid: randomUUID(), desiredAPIVersion: apiVersion, objects: others }
      const review = conversionReview(conversionReviewVersions, request)
      const answer = (await call(clientConfig, review)) as ConversionReview
      const found = convertedObjects(review, answer)
      if (found.length !== others.length) throw new WrongCount(found.length, others.length)
      const results = new Map(others.map((object, index) => [object, restoredAt(object, found, index, apiVersion)]))
      return objects.map((object) => results.get(object) ?? object)
    } catch (error) {
      const what = error instanceof Error ? error.message : String(error)
      const says = error instanceof WrongCount || error instanceof InvalidObject ? what : `failed: ${what}`
      const message = `conversion webhook for ${gvk(first)} ${says}`
      throw new StatusError({ code: 500, reason: '', message }, { cause: error })
    }
  }
}

class WrongCount extends Error {
  readonly code = 'CONVERTED_COUNT'
  constructor(found: number, expected: number) {
    super(`returned ${found} objects, expected ${expected}`)
  }
}

class InvalidObject extends Error {
  readonly code = 'CONVERTED_OBJECT'
}

function restoredAt(
  object: KubernetesObject,
  found: readonly unknown[],
  index: number,
  apiVersion: string,
): KubernetesObject {
  try {
    return restored(object, found[index], apiVersion)
  } catch (cause) {
    throw new InvalidObject(`returned invalid converted object at index ${index}: ${(cause as Error).message}`, {
      cause,
    })
  }
}
