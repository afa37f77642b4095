export const protocols = ['SCTP', 'TCP', 'UDP'] as const
