import { createHash } from 'node:crypto'
import type { ResourceDefinition } from '@tandem/apimachinery'
import { documentPath } from './document-v3.ts'

/**
 * `/openapi/v3`: where each group's document is. The hash is of what the document is made from, so that the index does not need to make
 * them all.
 */
export function openApiV3Index(definitions: readonly ResourceDefinition[], gitVersion: string) {
  const groups = Map.groupBy(definitions, documentPath)
  const paths = [...groups].map(([path, members]) => {
    const hash = createHash('sha512').update(gitVersion).update(JSON.stringify(members)).digest('hex').toUpperCase()
    return [path, { serverRelativeURL: `/openapi/v3/${path}?hash=${hash}` }] as const
  })
  return { paths: Object.fromEntries(paths.sort(([a], [b]) => (a < b ? -1 : 1))) }
}
