import { CelCompiler, type CelDeclarations } from '@tandem/apimachinery/cel/environment'

/** What an expression of a policy or of a match condition may speak of, beside the objects and the request. */
export interface AdmissionScope {
  params?: boolean
  authorizer?: boolean
  /** Mutations make patches. */
  patches?: boolean
  /** Types of a policy's own variables, by name. */
  variables?: Readonly<Record<string, string>>
}

const names = { group: 'string', version: 'string' }
const types: NonNullable<CelDeclarations['types']> = {
  'kubernetes.GroupVersionKind': { ...names, kind: 'string' },
  'kubernetes.GroupVersionResource': { ...names, resource: 'string' },
  'kubernetes.UserInfo': {
    username: 'string',
    uid: 'string',
    groups: 'list<string>',
    extra: 'map<string, list<string>>',
  },
  'kubernetes.AdmissionRequest': {
    kind: 'kubernetes.GroupVersionKind',
    resource: 'kubernetes.GroupVersionResource',
    subResource: 'string',
    requestKind: 'kubernetes.GroupVersionKind',
    requestResource: 'kubernetes.GroupVersionResource',
    requestSubResource: 'string',
    name: 'string',
    namespace: 'string',
    operation: 'string',
    userInfo: 'kubernetes.UserInfo',
    dryRun: 'bool',
    options: 'dyn',
  },
  'kubernetes.NamespaceSpec': { finalizers: 'list<string>' },
  'kubernetes.NamespaceCondition': {
    status: 'string',
    type: 'string',
    lastTransitionTime: 'google.protobuf.Timestamp',
    message: 'string',
    reason: 'string',
  },
  'kubernetes.NamespaceStatus': { conditions: 'list<kubernetes.NamespaceCondition>', phase: 'string' },
  'kubernetes.NamespaceMetadata': {
    name: 'string',
    generateName: 'string',
    namespace: 'string',
    labels: 'map<string, string>',
    annotations: 'map<string, string>',
    UID: 'string',
    creationTimestamp: 'google.protobuf.Timestamp',
    deletionGracePeriodSeconds: 'int',
    deletionTimestamp: 'google.protobuf.Timestamp',
    generation: 'int',
    resourceVersion: 'string',
    finalizers: 'list<string>',
  },
  'kubernetes.Namespace': {
    metadata: 'kubernetes.NamespaceMetadata',
    spec: 'kubernetes.NamespaceSpec',
    status: 'kubernetes.NamespaceStatus',
  },
}

const known = new Map<string, CelCompiler>()

/** The compiler for a scope; those without variables of their own are made once. */
export function admissionCompiler(scope: AdmissionScope): CelCompiler {
  if (scope.variables) return make(scope)
  const key = [scope.params, scope.authorizer, scope.patches].join()
  const compiler = known.get(key) ?? make(scope)
  known.set(key, compiler)
  return compiler
}

const make = ({ params, authorizer, patches, variables }: AdmissionScope): CelCompiler =>
  new CelCompiler({
    variables: {
      object: 'dyn',
      oldObject: 'dyn',
      request: 'kubernetes.AdmissionRequest',
      namespaceObject: 'kubernetes.Namespace',
      ...(params && { params: 'dyn' }),
      ...(authorizer && { authorizer: 'kubernetes.authorization.Authorizer' }),
      ...(variables && { variables: 'kubernetes.variables' }),
    },
    types: { ...types, ...(variables && { 'kubernetes.variables': variables }) },
    ...(patches && { messages: ['Object', 'JSONPatch'] }),
  })
