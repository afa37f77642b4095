import {
  type FieldError,
  invalidValue,
  type ResourceDefinition,
  required,
  validateDns1123Subdomain,
} from '@tandem/apimachinery'
import { nameColumn } from '@tandem/apimachinery/columns'
import { ageOf } from '@tandem/apimachinery/human-duration'
import { invalidEach, qualifiedName } from './field-checks.ts'
import type { Event } from './types.ts'

const longest = 128
const longestMessage = 1024

function tooLongText(field: string, value: string | undefined, limit: number): FieldError[] {
  return (value ?? '').length > limit ? [invalidValue(field, '', `can have at most ${limit} characters`)] : []
}

const mismatchedNamespace = (event: Event): FieldError[] => [
  invalidValue('involvedObject.namespace', event.involvedObject?.namespace ?? '', 'does not match event.namespace'),
]

/** Old events, of recorders that count repetitions, have no `eventTime` and less to fill in. */
function validateNamespaceOf(event: Event): FieldError[] {
  const { namespace = '' } = event.metadata
  const involved = event.involvedObject?.namespace ?? ''
  if (event.eventTime)
    return involved === '' && !['default', 'kube-system'].includes(namespace) ? mismatchedNamespace(event) : []
  const agrees = involved === '' ? ['', 'default'].includes(namespace) : involved === namespace
  return agrees ? [] : mismatchedNamespace(event)
}

/** What every event must satisfy, whichever API it comes by; the reporting controller's field has two names. */
export function validateEvent(
  event: Event,
  reportingField: 'reportingComponent' | 'reportingController',
): FieldError[] {
  const errors = validateNamespaceOf(event)
  if (event.eventTime) {
    if (!event.reportingComponent) errors.push(required(reportingField))
    errors.push(...qualifiedName(reportingField, event.reportingComponent ?? ''))
    if (!event.reportingInstance) errors.push(required('reportingInstance'))
    errors.push(...tooLongText('reportingInstance', event.reportingInstance, longest))
    if (!event.action) errors.push(required('action'))
    errors.push(...tooLongText('action', event.action, longest))
    if (!event.reason) errors.push(required('reason'))
    errors.push(...tooLongText('reason', event.reason, longest))
    errors.push(...tooLongText('message', event.message, longestMessage))
  }
  const { namespace = '' } = event.metadata
  return [...errors, ...invalidEach('namespace', namespace, validateDns1123Subdomain(namespace))]
}

const validate = (event: Event): FieldError[] => validateEvent(event, 'reportingComponent')

function sourceOf({ source, reportingComponent, reportingInstance }: Event): string {
  const component = source?.component || reportingComponent || ''
  const instance = source?.host || reportingInstance || ''
  return instance ? `${component}, ${instance}` : component
}

const firstSeen = (event: Event, now: number): string => ageOf(event.firstTimestamp || event.eventTime, now)

function lastSeen(event: Event, now: number): string {
  if (event.series) return ageOf(event.series.lastObservedTime, now)
  return event.lastTimestamp ? ageOf(event.lastTimestamp, now) : firstSeen(event, now)
}

function involvedObject({ involvedObject }: Event): string {
  const kind = (involvedObject?.kind ?? '').toLowerCase()
  return involvedObject?.name ? `${kind}/${involvedObject.name}` : kind
}

export const events: ResourceDefinition<Event> = {
  group: '',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  scope: 'Namespaced',
  schema: 'io.k8s.api.core.v1.Event',
  allowCreateOnUpdate: true,
  validate,
  validateUpdate: validate,
  selectableFields: {
    'involvedObject.kind': (event) => event.involvedObject?.kind ?? '',
    'involvedObject.namespace': (event) => event.involvedObject?.namespace ?? '',
    'involvedObject.name': (event) => event.involvedObject?.name ?? '',
    'involvedObject.uid': (event) => event.involvedObject?.uid ?? '',
    'involvedObject.apiVersion': (event) => event.involvedObject?.apiVersion ?? '',
    'involvedObject.resourceVersion': (event) => event.involvedObject?.resourceVersion ?? '',
    'involvedObject.fieldPath': (event) => event.involvedObject?.fieldPath ?? '',
    reason: (event) => event.reason ?? '',
    reportingComponent: (event) => event.reportingComponent ?? '',
    source: (event) => event.source?.component || event.reportingComponent || '',
    type: (event) => event.type ?? '',
  },
  columns: [
    { name: 'Last Seen', type: 'string', description: 'Time since the event was last seen.', value: lastSeen },
    { name: 'Type', type: 'string', description: 'Normal or Warning.', value: (event) => event.type ?? '' },
    { name: 'Reason', type: 'string', description: 'Why the event was made.', value: (event) => event.reason ?? '' },
    { name: 'Object', type: 'string', description: 'The object the event is about.', value: involvedObject },
    {
      name: 'Subobject',
      type: 'string',
      priority: 1,
      description: 'The part of the object the event is about.',
      value: (event) => event.involvedObject?.fieldPath ?? '',
    },
    { name: 'Source', type: 'string', priority: 1, description: 'Who reported the event.', value: sourceOf },
    {
      name: 'Message',
      type: 'string',
      description: 'What happened.',
      value: (event) => (event.message ?? '').trim(),
    },
    {
      name: 'First Seen',
      type: 'string',
      priority: 1,
      description: 'Time since the event was first seen.',
      value: firstSeen,
    },
    {
      name: 'Count',
      type: 'string',
      priority: 1,
      description: 'How often the event has occurred.',
      value: (event) => event.series?.count ?? (event.count || 1),
    },
    { ...nameColumn, priority: 1 },
  ],
}
