import { createHash } from 'node:crypto'
import type { ResourceDefinition } from '@tandem/apimachinery'
import { definitionsOf, documentNames } from './documents.ts'

/**
 * `/openapi/v3`: where each document is. The hash is of what the document is made from, so that the index does not need to make them all.
 */
export function openApiV3Index(definitions: readonly ResourceDefinition[], gitVersion: string) {
  const paths = documentNames(definitions).map((name) => {
    const from = JSON.stringify(definitionsOf(name, definitions).map(contentOf))
    const hash = createHash('sha512').update(gitVersion).update(from).digest('hex').toUpperCase()
    return [name, { serverRelativeURL: `/openapi/v3/${name}?hash=${hash}` }] as const
  })
  return { paths: Object.fromEntries(paths.sort(([a], [b]) => (a < b ? -1 : 1))) }
}

/** Types that are not built in may change while the server runs. */
const contentOf = ({ custom, ...definition }: ResourceDefinition) => ({
  ...definition,
  ...(custom && { schema: custom.published(3) }),
})
