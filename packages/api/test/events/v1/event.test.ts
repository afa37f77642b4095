import t from 'tap'
import { events } from '../../../src/events/v1/event.ts'
import { created, faults, updateFaults } from '../../rules.ts'

const good = {
  eventTime: '2026-01-02T03:04:05.000000Z',
  reportingController: 'example.com/controller',
  reportingInstance: 'controller-0',
  action: 'Binding',
  reason: 'Scheduled',
  type: 'Normal',
  regarding: { kind: 'Pod', namespace: 'default', name: 'web' },
  note: 'assigned',
}

t.test('good', async (t) => t.strictSame(faults(events, good), []))

t.test('what recorders of old filled in is refused', async (t) => {
  t.strictSame(faults(events, { ...good, type: 'Bad', deprecatedCount: 1, deprecatedSource: { component: 'x' } }), [
    'type: Invalid value: "": has invalid value: Bad',
    'count: Invalid value: "": needs to be unset',
    'source: Invalid value: "": needs to be unset',
  ])
  t.strictSame(faults(events, { ...good, reportingController: undefined }).slice(0, 1), [
    'reportingController: Required value',
  ])
})

t.test('only the series goes on', async (t) => {
  const series = { count: 2, lastObservedTime: '2026-01-02T03:05:05.000000Z' }
  t.strictSame(updateFaults(events, { from: good, to: { ...good, series } }), [])
  t.strictSame(updateFaults(events, { from: good, to: { ...good, note: 'other' } }), [
    'message: Invalid value: "other": field is immutable',
  ])
})

t.test('it is stored as a core event and comes back the same', async (t) => {
  const event = created(events, { ...good, apiVersion: 'events.k8s.io/v1', deprecatedCount: 3 })
  const stored = events.storedAs?.toStored(event)
  t.match(stored, { apiVersion: 'v1', involvedObject: good.regarding, message: 'assigned', count: 3 })
  t.match(stored && events.storedAs?.fromStored(stored), event)
})
