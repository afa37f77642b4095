import type {
  ClusterRole,
  ClusterRoleBinding,
  PolicyRule,
  Role,
  RoleBinding,
  RoleRef,
  Subject,
} from '@tandem/api/rbac/v1/types'
import { serviceAccountUsername, type UserInfo } from '../../authentication/user.ts'

/** A binding that names a user, with the rules that it brings. */
export interface Grant {
  readonly rules: readonly PolicyRule[]
  /** Where it comes from, as upstream prints it. */
  describe(): string
  /** Set when the role that the binding names is not there. */
  readonly missing?: string
}

interface Bound {
  binding: RoleBinding | ClusterRoleBinding
  subject: Subject
  /** '' for cluster-wide bindings. */
  namespace: string
}

type AnyRole = Role | ClusterRole
type AnyBinding = RoleBinding | ClusterRoleBinding

const noRules: readonly PolicyRule[] = []
const keyOf = (namespace: string | undefined, name: string): string => `${namespace ?? ''}/${name}`

/** Roles by name, and bindings by whom they name: what a decision needs is two look-ups a group away. */
export class RoleIndex {
  readonly #roles = new Map<string, AnyRole>()
  readonly #bindings = new Map<string, AnyBinding>()
  readonly #boundTo = new Map<string, Map<string, Bound>>()

  setRole(role: AnyRole): void {
    this.#roles.set(keyOf(role.metadata.namespace, role.metadata.name), role)
  }

  removeRole(role: AnyRole): void {
    this.#roles.delete(keyOf(role.metadata.namespace, role.metadata.name))
  }

  setBinding(binding: AnyBinding): void {
    this.removeBinding(binding)
    const namespace = binding.metadata.namespace ?? ''
    const key = keyOf(namespace, binding.metadata.name)
    this.#bindings.set(key, binding)
    for (const subject of binding.subjects ?? []) {
      const who = whoOf(subject, namespace)
      if (who === undefined) continue
      const bound = this.#boundTo.get(who) ?? new Map<string, Bound>()
      bound.set(key, { binding, subject, namespace })
      this.#boundTo.set(who, bound)
    }
  }

  removeBinding(binding: AnyBinding): void {
    const namespace = binding.metadata.namespace ?? ''
    const key = keyOf(namespace, binding.metadata.name)
    const known = this.#bindings.get(key)
    for (const subject of known?.subjects ?? []) {
      const who = whoOf(subject, namespace)
      if (who === undefined) continue
      const bound = this.#boundTo.get(who)
      bound?.delete(key)
      if (bound?.size === 0) this.#boundTo.delete(who)
    }
    this.#bindings.delete(key)
  }

  clear(): void {
    this.#roles.clear()
    this.#bindings.clear()
    this.#boundTo.clear()
  }

  /** The rules of a role that a binding in `namespace` names, or undefined when there is no such role. */
  rulesOf(roleRef: Pick<RoleRef, 'kind' | 'name'>, namespace: string): readonly PolicyRule[] | undefined {
    const role = this.#roles.get(keyOf(roleRef.kind === 'Role' ? namespace : '', roleRef.name))
    return role && (role.rules ?? noRules)
  }

  /** Every grant that applies to the user in the namespace: cluster-wide ones first. */
  *grants(user: UserInfo, namespace: string): Generator<Grant> {
    yield* this.#grantsOf(`User:${user.username}`, '')
    for (const group of user.groups) yield* this.#grantsOf(`Group:${group}`, '')
    if (namespace === '') return
    yield* this.#grantsOf(`User:${user.username}`, namespace)
    for (const group of user.groups) yield* this.#grantsOf(`Group:${group}`, namespace)
  }

  *#grantsOf(who: string, namespace: string): Generator<Grant> {
    const bound = this.#boundTo.get(who)
    if (!bound) return
    for (const grant of bound.values()) if (grant.namespace === namespace) yield this.#grant(grant)
  }

  #grant({ binding, subject, namespace }: Bound): Grant {
    const rules = this.rulesOf(binding.roleRef, namespace)
    const { kind, name } = binding.roleRef
    return {
      rules: rules ?? noRules,
      describe: () =>
        `${describeBinding(binding)} of ${kind} ${JSON.stringify(name)} to ${describeSubject(subject, namespace)}`,
      ...(rules === undefined && {
        missing: `${kind.toLowerCase()}.rbac.authorization.k8s.io ${JSON.stringify(name)} not found`,
      }),
    }
  }
}

function whoOf(subject: Subject, namespace: string): string | undefined {
  switch (subject.kind) {
    case 'User':
    case 'Group':
      return `${subject.kind}:${subject.name}`
    case 'ServiceAccount':
      return `User:${serviceAccountUsername(subject.namespace || namespace, subject.name)}`
    default:
      return undefined
  }
}

function describeBinding({ metadata: { namespace, name } }: AnyBinding): string {
  return namespace
    ? `RoleBinding ${JSON.stringify(`${name}/${namespace}`)}`
    : `ClusterRoleBinding ${JSON.stringify(name)}`
}

function describeSubject({ kind, name, namespace }: Subject, bindingNamespace: string): string {
  const shown = kind === 'ServiceAccount' ? `${name}/${namespace || bindingNamespace}` : name
  return `${kind} ${JSON.stringify(shown)}`
}
