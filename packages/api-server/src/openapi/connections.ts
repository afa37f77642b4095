import { builtInSchema } from '@tandem/api'
import type { FieldSchema, SubresourceInfo, TypeRef } from '@tandem/apimachinery'
import type { Operation, Target } from './operations.ts'
import type { QueryParameter } from './parameters.ts'
import type { Method } from './verbs.ts'

const core = 'io.k8s.api.core.v1'

/** Subresources that join the client to something else, by whatever method. Their kinds are the options they take. */
export const isConnection = ({ kind }: SubresourceInfo): boolean =>
  ['PodAttachOptions', 'PodExecOptions', 'PodPortForwardOptions'].includes(kind) || kind.endsWith('ProxyOptions')

const methods: Readonly<Record<string, readonly Method[]>> = {
  create: ['post'],
  get: ['get'],
  update: ['put'],
  patch: ['patch'],
  delete: ['delete'],
}

export function connectionsOf(target: Target, verbs: readonly string[]): Operation[] {
  const isProxy = target.kind.kind.endsWith('ProxyOptions')
  const used = [...verbs.flatMap((verb) => methods[verb] ?? []), ...(isProxy ? (['head', 'options'] as const) : [])]
  const options = parametersOf(`${core}.${target.kind.kind}`)
  const rest = { name: 'path', description: 'path to the resource' }
  const paths = [
    target,
    ...(isProxy
      ? [
          {
            ...target,
            path: `${target.path}/{path}`,
            name: `${target.name}WithPath`,
            pathParameters: [...target.pathParameters, rest],
          },
        ]
      : []),
  ]
  return paths.flatMap(({ family, name, subject, ...place }) =>
    used.map((method) => ({
      ...place,
      method,
      action: 'connect',
      id: `connect${family}${method.charAt(0).toUpperCase()}${method.slice(1)}${name}`,
      description: `connect ${method.toUpperCase()} requests to ${subject}`,
      pathParameters: place.pathParameters.map((parameter) =>
        parameter.name === 'name' ? { ...parameter, description: `name of the ${place.kind.kind}` } : parameter,
      ),
      queryParameters: options,
      codes: [200],
      produces: ['*/*'],
    })),
  )
}

export const logParameters = (): QueryParameter[] => parametersOf(`${core}.PodLogOptions`)

const parametersOf = (type: string): QueryParameter[] =>
  [...builtInSchema.type(type).fields.values()]
    .filter(({ name, type: field }) => name !== 'kind' && name !== 'apiVersion' && field.kind !== 'time')
    .map(({ name, type: field }: FieldSchema) => ({ name, type: parameterType(field), description: '' }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))

function parameterType(type: TypeRef): QueryParameter['type'] {
  if (type.kind === 'list') return parameterType(type.of)
  return type.kind === 'boolean' ? 'boolean' : /^int(32|64)$/.test(type.kind) ? 'integer' : 'string'
}
