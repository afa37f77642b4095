import type { Node, PersistentVolume, PersistentVolumeAccessMode, Pod } from '@tandem/api/core/v1/types'
import type { CSIDriver, VolumeAttachment } from '@tandem/api/storage/v1/types'
import t from 'tap'
import { attachmentSteps } from '../../src/volume-attachment/attachment-steps.ts'

const meta = (name: string) => ({ name, uid: name, resourceVersion: '1', creationTimestamp: '2026-01-01T00:00:00Z' })
const volumeOf = (...accessModes: PersistentVolumeAccessMode[]): PersistentVolume => ({
  metadata: meta('pv'),
  spec: { accessModes, csi: { driver: 'd', volumeHandle: 'h' } },
})
const once = volumeOf('ReadWriteOnce')
const podOf = (name: string, nodeName?: string, more: { phase?: 'Failed'; namespace?: string } = {}): Pod => ({
  metadata: { ...meta(name), namespace: more.namespace ?? 'default' },
  spec: { containers: [], ...(nodeName && { nodeName }) },
  ...(more.phase && { status: { phase: more.phase } }),
})
const attachedTo = (nodeName: string, deletionTimestamp?: string): VolumeAttachment => ({
  metadata: { ...meta(`to-${nodeName}`), ...(deletionTimestamp && { deletionTimestamp }) },
  spec: { attacher: 'd', nodeName, source: { persistentVolumeName: 'pv' } },
})
const nodeOf = (name: string, more: Partial<Node> = {}): Node => ({ metadata: meta(name), spec: {}, ...more })
const unattached: CSIDriver = { metadata: meta('d'), spec: { attachRequired: false } }
const inUse = { volumesInUse: ['kubernetes.io/csi/d^h'] }
const off = { taints: [{ key: 'node.kubernetes.io/out-of-service', effect: 'NoExecute' as const }] }

interface Case {
  name: string
  volume?: PersistentVolume
  driver?: CSIDriver
  pods?: Pod[]
  attachments?: VolumeAttachment[]
  nodes?: Node[]
  attach?: string[]
  detach?: string[]
  refused?: string[]
  waits?: boolean
}

const cases: Case[] = [
  { name: 'a pod without a node', pods: [podOf('p')] },
  { name: 'a pod with a node', pods: [podOf('p', 'a')], attach: ['a'] },
  { name: 'attached already', pods: [podOf('p', 'a')], attachments: [attachedTo('a')] },
  { name: 'a driver that attaches nothing', driver: unattached, pods: [podOf('p', 'a')] },
  {
    name: 'a pod that has ended',
    pods: [podOf('p', 'a', { phase: 'Failed' })],
    attachments: [attachedTo('a')],
    detach: ['to-a'],
  },
  { name: 'a node that is gone', attachments: [attachedTo('c')], detach: ['to-c'] },
  { name: 'being detached', attachments: [attachedTo('a', '2026-01-01T00:00:00Z')] },
  {
    name: 'its kubelet still has it',
    attachments: [attachedTo('a')],
    nodes: [nodeOf('a', { status: inUse })],
    waits: true,
  },
  {
    name: 'its kubelet had it when the node was lost',
    attachments: [attachedTo('a')],
    nodes: [nodeOf('a', { status: inUse, spec: off })],
    detach: ['to-a'],
  },
  {
    name: 'two nodes share',
    volume: volumeOf('ReadWriteMany'),
    pods: [podOf('p', 'a'), podOf('q', 'b')],
    attach: ['a', 'b'],
  },
  {
    name: 'two nodes may not',
    pods: [podOf('p', 'a'), podOf('q', 'b')],
    attachments: [attachedTo('a')],
    refused: ['Multi-Attach error for volume "pv" Volume is already used by pod(s) p'],
  },
  {
    name: 'one of two comes first',
    pods: [podOf('p', 'a'), podOf('q', 'b')],
    attach: ['a'],
    refused: ['Multi-Attach error for volume "pv" Volume is already used by pod(s) p'],
  },
  {
    name: 'the other’s namespace is not told',
    pods: [podOf('p', 'a', { namespace: 'other' }), podOf('q', 'b')],
    attachments: [attachedTo('a')],
    refused: ['Multi-Attach error for volume "pv" Volume is already used by 1 pod(s) in different namespaces'],
  },
  {
    name: 'the other node lets go',
    pods: [podOf('q', 'b')],
    attachments: [attachedTo('a')],
    detach: ['to-a'],
    refused: [
      `Multi-Attach error for volume "pv" Volume is already exclusively attached to one node and can't be attached to another`,
    ],
  },
]

t.test('what is attached, and what is detached', (t) => {
  for (const {
    name,
    volume = once,
    driver,
    pods = [],
    attachments = [],
    nodes = [nodeOf('a'), nodeOf('b')],
    ...expected
  } of cases) {
    const node = (wanted: string) => nodes.find(({ metadata }) => metadata.name === wanted)
    const steps = attachmentSteps({ volume, driver, pods, attachments, node })
    t.same(
      {
        attach: steps.attach,
        detach: steps.detach.map(({ metadata }) => metadata.name),
        refused: steps.refused.map(({ message }) => message),
        waits: steps.waits,
      },
      { attach: [], detach: [], refused: [], waits: false, ...expected },
      name,
    )
  }
  t.end()
})
