import { startTestServer } from '../../src/testing/server.ts'
import { requestsOf } from '../request-client.ts'

export const definitionsPath = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions'
export const widgetsPath = '/apis/stable.example.com/v1/namespaces/default/widgets'

const schema = {
  type: 'object',
  description: 'A Widget is what it is.',
  required: ['spec'],
  properties: {
    spec: {
      type: 'object',
      description: 'What is wanted.',
      properties: {
        size: { type: 'integer', minimum: 1, default: 3, description: 'How large it is.' },
        color: { type: 'string', enum: ['red', 'green'] },
        name: { type: 'string', maxLength: 5, pattern: '^[a-z]*$' },
        port: { 'x-kubernetes-int-or-string': true },
        note: { type: 'string', nullable: true, default: 'none' },
        free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        labels: { type: 'object', additionalProperties: { type: 'string' } },
        ports: {
          type: 'array',
          'x-kubernetes-list-type': 'map',
          'x-kubernetes-list-map-keys': ['name'],
          items: {
            type: 'object',
            required: ['name'],
            properties: { name: { type: 'string' }, number: { type: 'integer', default: 80 } },
          },
        },
        tags: { type: 'array', 'x-kubernetes-list-type': 'set', items: { type: 'string' } },
        template: {
          type: 'object',
          'x-kubernetes-embedded-resource': true,
          'x-kubernetes-preserve-unknown-fields': true,
        },
      },
    },
    status: {
      type: 'object',
      properties: { size: { type: 'integer' }, selector: { type: 'string' }, phase: { type: 'string' } },
    },
  },
}

export const widgets = {
  apiVersion: 'apiextensions.k8s.io/v1',
  kind: 'CustomResourceDefinition',
  metadata: { name: 'widgets.stable.example.com' },
  spec: {
    group: 'stable.example.com',
    scope: 'Namespaced',
    names: { plural: 'widgets', kind: 'Widget', shortNames: ['wd'], categories: ['all'] },
    versions: [
      {
        name: 'v1',
        served: true,
        storage: true,
        schema: { openAPIV3Schema: schema },
        subresources: {
          status: {},
          scale: {
            specReplicasPath: '.spec.size',
            statusReplicasPath: '.status.size',
            labelSelectorPath: '.status.selector',
          },
        },
        selectableFields: [{ jsonPath: '.spec.color' }],
        additionalPrinterColumns: [
          { name: 'Size', type: 'integer', jsonPath: '.spec.size' },
          { name: 'Color', type: 'string', jsonPath: '.spec.color', description: 'Its color.' },
          { name: 'Age', type: 'date', jsonPath: '.metadata.creationTimestamp' },
        ],
      },
    ],
  },
}

export const widget = (name: string, spec: object = {}, rest: object = {}) => ({
  apiVersion: 'stable.example.com/v1',
  kind: 'Widget',
  metadata: { name },
  spec,
  ...rest,
})

/** Asks until the answer is as it should be. */
export async function eventually<T>(ask: () => Promise<T>, isDone: (answer: T) => boolean): Promise<T> {
  for (let tries = 0; ; tries++) {
    const answer = await ask()
    if (isDone(answer) || tries === 400) return answer
    await new Promise((resolve) => setTimeout(resolve, 25))
  }
}

export async function customServer() {
  const server = await startTestServer()
  const { ask, begin, close } = await requestsOf(server)
  const define = async (definition: object) => {
    const created = await ask('POST', definitionsPath, definition)
    const name = created.body.metadata?.name
    if (created.code !== 201) throw new Error(created.text)
    await eventually(
      () => ask('GET', `${definitionsPath}/${name}`),
      ({ body }) =>
        body.status?.conditions?.some(
          ({ type, status }: { type: string; status: string }) => type === 'Established' && status === 'True',
        ),
    )
    return created
  }
  const stop = async () => {
    await close()
    await server.stop()
  }
  return { server, ask, begin, define, stop }
}
