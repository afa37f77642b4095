import { isStatusError } from '@tandem/apimachinery'

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error))

/** Nothing can be made in a namespace that is being deleted, and nothing has to be. */
export const isNamespaceTerminating = (error: unknown): boolean =>
  isStatusError(error) && (error.status.details?.causes ?? []).some(({ reason }) => reason === 'NamespaceTerminating')
