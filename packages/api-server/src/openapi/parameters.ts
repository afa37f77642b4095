export interface QueryParameter {
  name: string
  type: 'string' | 'boolean' | 'integer'
  description: string
}
const query = (name: string, type: QueryParameter['type'], description: string): QueryParameter => ({
  name,
  type,
  description,
})

const dryRun = query(
  'dryRun',
  'string',
  'When present, indicates that modifications should not be persisted. Valid values are: All.',
)
const fieldManager = query('fieldManager', 'string', 'The name of the actor that makes the change.')
const fieldValidation = query(
  'fieldValidation',
  'string',
  'What is done with unknown and duplicate fields. Valid values are: Ignore, Warn (default) and Strict.',
)
export const force = query('force', 'boolean', 'Take over conflicting fields. Only for apply patches.')
export const pretty = query('pretty', 'string', 'If true, the output is indented.')
const resourceVersion = query(
  'resourceVersion',
  'string',
  'Constrains the resource versions that the request may be served from.',
)
export const writing = [dryRun, fieldManager, fieldValidation]
export const selecting = [
  query('continue', 'string', 'The token of the last chunk, to ask for the next.'),
  query('fieldSelector', 'string', 'Restricts the returned objects by their fields. Defaults to everything.'),
  query('labelSelector', 'string', 'Restricts the returned objects by their labels. Defaults to everything.'),
  query('limit', 'integer', 'The maximum number of objects to return.'),
  resourceVersion,
  query('resourceVersionMatch', 'string', 'How resourceVersion is applied to list calls.'),
  query('sendInitialEvents', 'boolean', 'Begin a watch with the present state.'),
  query('shardSelector', 'string', 'Restricts the returned objects to a share of them.'),
  query('timeoutSeconds', 'integer', 'Limits the duration of the call.'),
]
export const listing = [
  query('allowWatchBookmarks', 'boolean', 'Asks for watch events of type BOOKMARK.'),
  ...selecting,
  query('watch', 'boolean', 'Watch for changes and return them as a stream of events.'),
]
export const deleting = [
  dryRun,
  query(
    'gracePeriodSeconds',
    'integer',
    'The duration in seconds before the object should be deleted. Zero means immediately.',
  ),
  query(
    'ignoreStoreReadErrorWithClusterBreakingPotential',
    'boolean',
    'Delete the object even though what is stored of it cannot be read.',
  ),
  query('orphanDependents', 'boolean', 'Deprecated: use propagationPolicy.'),
  query('propagationPolicy', 'string', "How dependents are deleted: 'Orphan', 'Background' or 'Foreground'."),
]
