import {
  type FieldError,
  invalidValue,
  type KubernetesObject,
  type ResourceDefinition,
  required,
  semanticallyEqual,
} from '@tandem/apimachinery'
import { events as stored, validateEvent } from '../../core/v1/event.ts'
import { immutable } from '../../core/v1/field-checks.ts'
import type { Event as CoreEvent } from '../../core/v1/types.ts'
import type { Event } from './types.ts'

function toStored(event: Event): CoreEvent {
  const {
    regarding,
    note,
    reportingController,
    deprecatedSource,
    deprecatedFirstTimestamp,
    deprecatedLastTimestamp,
    deprecatedCount,
    ...shared
  } = event
  return defined({
    ...shared,
    apiVersion: 'v1',
    involvedObject: regarding ?? {},
    message: note,
    reportingComponent: reportingController ?? '',
    reportingInstance: event.reportingInstance ?? '',
    source: deprecatedSource ?? {},
    firstTimestamp: deprecatedFirstTimestamp,
    lastTimestamp: deprecatedLastTimestamp,
    count: deprecatedCount,
  }) as CoreEvent
}

function fromStored(object: KubernetesObject): Event {
  const { involvedObject, message, reportingComponent, source, firstTimestamp, lastTimestamp, count, ...shared } =
    object as CoreEvent
  return defined({
    ...shared,
    apiVersion: 'events.k8s.io/v1',
    regarding: involvedObject,
    note: message,
    reportingController: reportingComponent,
    deprecatedSource: source,
    deprecatedFirstTimestamp: firstTimestamp,
    deprecatedLastTimestamp: lastTimestamp,
    deprecatedCount: count,
  }) as unknown as Event
}

const defined = (object: object): object =>
  Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined))

function validateSeries({ series }: Event): FieldError[] {
  if (!series) return []
  const errors: FieldError[] = []
  if ((series.count ?? 0) < 2) errors.push(invalidValue('series.count', '', 'should be at least 2'))
  if (!series.lastObservedTime) errors.push(required('series.lastObservedTime'))
  return errors
}

const deprecated = [
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
] as const

/** Stricter than core v1: what recorders of old filled in is not taken any more. */
function validate(event: Event): FieldError[] {
  const errors = [...validateEvent(toStored(event), 'reportingController'), ...validateSeries(event)]
  const { eventTime, type = '', deprecatedSource } = event
  if (!eventTime) errors.push(required('eventTime'))
  if (type !== 'Normal' && type !== 'Warning') errors.push(invalidValue('type', '', `has invalid value: ${type}`))
  for (const [field, name] of deprecated) if (event[name]) errors.push(invalidValue(field, '', 'needs to be unset'))
  if (deprecatedSource?.component || deprecatedSource?.host)
    errors.push(invalidValue('source', '', 'needs to be unset'))
  return errors
}

const fixed = [
  ['involvedObject', 'regarding'],
  ['reason', 'reason'],
  ['message', 'note'],
  ['source', 'deprecatedSource'],
  ['firstTimestamp', 'deprecatedFirstTimestamp'],
  ['lastTimestamp', 'deprecatedLastTimestamp'],
  ['count', 'deprecatedCount'],
  ['type', 'type'],
  ['eventTime', 'eventTime'],
  ['action', 'action'],
  ['related', 'related'],
  ['reportingController', 'reportingController'],
  ['reportingInstance', 'reportingInstance'],
] as const

/** Only the series goes on. */
const validateUpdate = (event: Event, old: Event): FieldError[] => [
  ...validateEvent(toStored(event), 'reportingController'),
  ...(semanticallyEqual(event.series, old.series) ? [] : validateSeries(event)),
  ...fixed.flatMap(([field, name]) => immutable(field, event[name], old[name])),
]

export const events: ResourceDefinition<Event> = {
  group: 'events.k8s.io',
  version: 'v1',
  kind: 'Event',
  plural: 'events',
  shortNames: ['ev'],
  scope: 'Namespaced',
  schema: 'io.k8s.api.events.v1.Event',
  allowCreateOnUpdate: true,
  storedAs: {
    definition: stored,
    toStored,
    fromStored,
    fieldNames: {
      'regarding.kind': 'involvedObject.kind',
      'regarding.namespace': 'involvedObject.namespace',
      'regarding.name': 'involvedObject.name',
      'regarding.uid': 'involvedObject.uid',
      'regarding.apiVersion': 'involvedObject.apiVersion',
      'regarding.resourceVersion': 'involvedObject.resourceVersion',
      'regarding.fieldPath': 'involvedObject.fieldPath',
      reportingController: 'reportingComponent',
    },
  },
  validate,
  validateUpdate,
  selectableFields: {
    reason: ({ reason = '' }) => reason,
    'regarding.kind': ({ regarding }) => regarding?.kind ?? '',
    'regarding.namespace': ({ regarding }) => regarding?.namespace ?? '',
    'regarding.name': ({ regarding }) => regarding?.name ?? '',
    'regarding.uid': ({ regarding }) => regarding?.uid ?? '',
    'regarding.apiVersion': ({ regarding }) => regarding?.apiVersion ?? '',
    'regarding.resourceVersion': ({ regarding }) => regarding?.resourceVersion ?? '',
    'regarding.fieldPath': ({ regarding }) => regarding?.fieldPath ?? '',
    reportingController: ({ reportingController = '' }) => reportingController,
    type: ({ type = '' }) => type,
  },
  columns: (stored.columns ?? []).map((column) => ({
    ...column,
    value: (event, now) => column.value(toStored(event), now),
  })),
}
