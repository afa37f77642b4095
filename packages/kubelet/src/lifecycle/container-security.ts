import { readFileSync } from 'node:fs'
import type { Container, Pod } from '@tandem/api/core/v1/types'
import type { ImageStatus, LinuxSecurity } from '../container-runtime/runtime.ts'
import { StartError } from './start-error.ts'

const allOf = (capabilities: readonly string[] | undefined): readonly string[] =>
  (capabilities ?? []).map((capability) => capability.replace(/^CAP_/, ''))

/** The pod's and the container's security contexts as one: the container's word counts where both speak. */
export function containerSecurity(
  container: Container,
  pod: Pod,
  { seccompRoot }: { seccompRoot: string },
): LinuxSecurity {
  const own = container.securityContext ?? {}
  const shared = pod.spec.securityContext ?? {}
  const runAsUser = own.runAsUser ?? shared.runAsUser
  const runAsGroup = own.runAsGroup ?? shared.runAsGroup
  const profile = own.seccompProfile ?? shared.seccompProfile
  const apparmor = own.appArmorProfile ?? shared.appArmorProfile
  return {
    privileged: own.privileged ?? false,
    ...(runAsUser === undefined ? {} : { runAsUser }),
    ...(runAsGroup === undefined ? {} : { runAsGroup }),
    supplementalGroups: [
      ...(shared.supplementalGroups ?? []),
      ...(shared.fsGroup === undefined ? [] : [shared.fsGroup]),
    ],
    addCapabilities: allOf(own.capabilities?.add),
    dropCapabilities: allOf(own.capabilities?.drop),
    readOnlyRootFilesystem: own.readOnlyRootFilesystem ?? false,
    // What is privileged may always gain privileges.
    noNewPrivileges: own.allowPrivilegeEscalation === false && !own.privileged,
    // Kubernetes' default without a profile is Unconfined, unless the kubelet is told otherwise.
    seccomp:
      profile?.type === 'RuntimeDefault'
        ? { type: 'RuntimeDefault' }
        : profile?.type === 'Localhost'
          ? localhostProfile(`${seccompRoot}/${profile.localhostProfile ?? ''}`)
          : { type: 'Unconfined' },
    ...(apparmor?.type === 'Unconfined'
      ? { apparmor: 'unconfined' }
      : apparmor?.type === 'Localhost' && apparmor.localhostProfile
        ? { apparmor: apparmor.localhostProfile }
        : {}),
    unmaskedProc: own.procMount === 'Unmasked',
  }
}

function localhostProfile(path: string): LinuxSecurity['seccomp'] {
  try {
    return { type: 'Localhost', path, profile: readFileSync(path, 'utf8') }
  } catch (error) {
    throw new StartError(
      'CreateContainerConfigError',
      `cannot load seccomp profile "${path}": no such file or directory`,
      { cause: error },
    )
  }
}

/** Throws CreateContainerConfigError when the container must not run as root and would, or nobody can tell. */
export function verifyRunAsNonRoot(container: Container, pod: Pod, image: ImageStatus): void {
  const own = container.securityContext ?? {}
  const shared = pod.spec.securityContext ?? {}
  if (!(own.runAsNonRoot ?? shared.runAsNonRoot)) return
  const where = `(pod: "${pod.metadata.name}_${pod.metadata.namespace}(${pod.metadata.uid})", container: ${container.name})`
  const refuse = (message: string): never => {
    throw new StartError('CreateContainerConfigError', `${message} ${where}`)
  }
  const runAsUser = own.runAsUser ?? shared.runAsUser
  if (runAsUser === 0) refuse('container has runAsNonRoot and runAsUser is root')
  if (runAsUser !== undefined) return
  if (image.username !== undefined)
    refuse(
      `container has runAsNonRoot and image has non-numeric user (${image.username}), cannot verify user is non-root`,
    )
  if ((image.uid ?? 0) === 0) refuse('container has runAsNonRoot and image will run as root')
}
