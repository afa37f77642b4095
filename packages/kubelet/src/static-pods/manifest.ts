import { createHash } from 'node:crypto'
import { pods } from '@tandem/api/core/v1/pod'
import type { Pod } from '@tandem/api/core/v1/types'
import { parseYaml } from '@tandem/apimachinery/wire/yaml'
import { hashAnnotation, seenAnnotation, sourceAnnotation } from '../lifecycle/critical-pod.ts'
import { apiReference } from './api-references.ts'

/** A file that is no pod, or one that this node cannot run by itself. */
export class ManifestError extends Error {
  readonly code = 'InvalidManifest'
}

export interface Manifest {
  file: string
  text: string
}

/**
 * The static pod that a file describes. Its uid is a hash of what the file says and where it lies, so that a file that was
 * changed is another pod, and one that was not is the same after a restart.
 */
export function staticPod({ file, text }: Manifest, { nodeName, now }: { nodeName: string; now: number }): Pod {
  const decoded = decode(text)
  const { metadata } = decoded
  if (!metadata?.name) throw new ManifestError('invalid pod: name is needed for the pod')
  const uid = metadata.uid || hashOf([JSON.stringify(decoded), `host:${nodeName}`, `file:${file}`])
  const seen = new Date(now).toISOString()
  const pod: Pod = {
    ...decoded,
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      ...metadata,
      name: `${metadata.name}-${nodeName.toLowerCase()}`,
      namespace: metadata.namespace || 'default',
      uid,
      resourceVersion: '0',
      creationTimestamp: `${seen.slice(0, 19)}Z`,
      annotations: {
        ...metadata.annotations,
        [hashAnnotation]: uid,
        [seenAnnotation]: seen,
        [sourceAnnotation]: 'file',
      },
    },
    spec: {
      ...decoded.spec,
      nodeName,
      // Trouble of the node is no reason to end what the node itself wants to run.
      tolerations: [
        ...(decoded.spec?.tolerations ?? []).filter(({ key, effect }) => key || effect !== 'NoExecute'),
        { operator: 'Exists', effect: 'NoExecute' },
      ],
    },
    status: { phase: 'Pending' },
  }
  pods.defaults?.(pod)
  const faults = pods.validate?.(pod) ?? []
  if (faults.length > 0)
    throw new ManifestError(`invalid pod: ${faults.map(({ field, message }) => `${field}: ${message}`).join(', ')}`)
  const reference = apiReference(pod)
  if (reference) throw new ManifestError(`static pods may not reference ${reference}`)
  return pod
}

function decode(text: string): Pod {
  let decoded: unknown
  try {
    decoded = parseYaml(Buffer.from(text))
  } catch (cause) {
    throw new ManifestError(cause instanceof Error ? cause.message : String(cause), { cause })
  }
  const { apiVersion, kind, spec } = (decoded ?? {}) as Partial<Pod>
  if (apiVersion !== 'v1' || kind !== 'Pod' || !spec?.containers)
    throw new ManifestError(`invalid pod: ${JSON.stringify(decoded)?.slice(0, 200)}`)
  return decoded as Pod
}

const hashOf = (parts: readonly string[]): string =>
  createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 32)
