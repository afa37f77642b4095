import { readFileSync } from 'node:fs'
import {
  applyConfiguration,
  applyStrategicPatch,
  equalJson,
  type KubernetesObject,
  updateManagedFields,
} from '@tandem/apimachinery'
import t from 'tap'
import { builtInSchema as registry } from '../../src/index.ts'

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`./fixtures/${name}.json`, import.meta.url), 'utf8'))

/** What upstream's own code made of patches and applies drawn at random. */
interface PatchCase {
  kind: 'Deployment' | 'Pod' | 'Service'
  original: object
  patch: object
  patched: object
}
interface Step {
  operation: 'apply' | 'update'
  manager: string
  force: boolean
  object: KubernetesObject
  conflict?: true
  result?: object
  managers?: Record<string, object>
}

const schemas = {
  Deployment: 'io.k8s.api.apps.v1.Deployment',
  Pod: 'io.k8s.api.core.v1.Pod',
  Service: 'io.k8s.api.core.v1.Service',
}

t.test('strategic merge patches give what upstream gives', async (t) => {
  for (const { kind, original, patch, patched } of fixture('strategic-merge-patch') as PatchCase[])
    t.same(applyStrategicPatch(original, patch, { schema: schemas[kind], registry }), patched)
})

const schema = schemas.Deployment

function write(live: KubernetesObject | undefined, { operation, manager, force, object }: Step): KubernetesObject {
  const writer = { manager, apiVersion: 'apps/v1', time: '2026-01-01T00:00:00Z' }
  if (operation === 'apply') {
    const config = object as unknown as Record<string, unknown>
    return applyConfiguration({ live, config, schema, registry, writer, force }).object
  }
  const managedFields = updateManagedFields({ live, object, schema, registry, writer })
  return { ...object, metadata: { ...object.metadata, managedFields } }
}

t.test('writes one after another give the objects, owners and conflicts that upstream gives', async (t) => {
  for (const { steps } of fixture('server-side-apply') as { steps: Step[] }[]) {
    let live: KubernetesObject | undefined
    for (const step of steps) {
      if (step.conflict) {
        t.throws(() => write(live, step), { code: 409, reason: 'Conflict' })
        continue
      }
      live = write(live, step)
      const { managedFields = [], ...metadata } = live.metadata
      const owners = Object.fromEntries(managedFields.map(({ manager = '', fieldsV1 }) => [manager, fieldsV1]))
      t.ok(equalJson({ ...live, metadata }, step.result), 'object')
      t.same(owners, step.managers)
    }
  }
})
