import type { ResourceDefinition, SubresourceInfo } from '@tandem/apimachinery'

const readWrite = ['get', 'patch', 'update']

/** Every subresource of a resource, by name: those that a definition only switches on, and its own. */
export const subresourcesOf = ({ kind, subresources }: ResourceDefinition): SubresourceInfo[] =>
  [
    ...(subresources?.status ? [{ name: 'status', kind, verbs: readWrite }] : []),
    ...(subresources?.scale
      ? [{ name: 'scale', kind: 'Scale', group: 'autoscaling', version: 'v1', verbs: readWrite }]
      : []),
    ...(subresources?.others ?? []),
  ].sort((a, b) => (a.name < b.name ? -1 : 1))
