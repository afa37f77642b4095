import type { Node, Taint } from './types.ts'

/** Labels a node that has no machine behind it: whoever keeps simulated nodes speaks for it, and its pods have addresses of no network. */
export const simulatedNodeLabel = 'tandem.dev/simulated-node'

/** Keeps pods away that were not written for it. */
export const simulatedNodeTaint: Taint = { key: simulatedNodeLabel, value: 'true', effect: 'NoSchedule' }

export const isSimulated = ({ metadata }: Pick<Node, 'metadata'>): boolean =>
  metadata.labels?.[simulatedNodeLabel] === 'true'
