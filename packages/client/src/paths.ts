import type { ObjectKey, ResourceDefinition } from '@tandem/apimachinery'

type Resource = Pick<ResourceDefinition, 'group' | 'version' | 'plural' | 'scope'>

/** `/api/v1/namespaces/default/pods`: where a resource is listed, and created in. */
export function collectionPath({ group, version, plural, scope }: Resource, namespace?: string): string {
  const root = group === '' ? `/api/${version}` : `/apis/${group}/${version}`
  const inNamespace = scope === 'Namespaced' && namespace ? `/namespaces/${encodeURIComponent(namespace)}` : ''
  return `${root}${inNamespace}/${plural}`
}

/** `/api/v1/namespaces/default/pods/web/status`. */
export function objectPath(resource: Resource, { namespace, name }: ObjectKey, subresource?: string): string {
  if (!name) throw new Error(`${resource.plural}: a name is needed`)
  if (resource.scope === 'Namespaced' && !namespace)
    throw new Error(`${resource.plural} ${name}: a namespace is needed`)
  const path = `${collectionPath(resource, namespace)}/${encodeURIComponent(name)}`
  return subresource ? `${path}/${subresource}` : path
}

/** `?a=1&b=2`, leaving out what is undefined; empty when nothing is left. */
export function queryString(parameters: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const search = new URLSearchParams()
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== false) search.set(name, String(value))
  }
  const text = search.toString()
  return text && `?${text}`
}
