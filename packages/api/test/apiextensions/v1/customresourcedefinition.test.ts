import t from 'tap'
import { customResourceDefinitions } from '../../../src/apiextensions/v1/customresourcedefinition.ts'
import { created, faults, noon, row, updateFaults } from '../../rules.ts'

const metadata = { name: 'widgets.example.com' }
const names = { plural: 'widgets', kind: 'Widget' }
const string = { type: 'string' }
const object = (properties: object, rest: object = {}) => ({ type: 'object', properties, ...rest })
const version = (schema: object, rest: object = {}) => ({
  name: 'v1',
  served: true,
  storage: true,
  schema: { openAPIV3Schema: schema },
  ...rest,
})
const definition = (versions: object[], rest: object = {}) => ({
  metadata,
  spec: { group: 'example.com', scope: 'Namespaced', names, versions, ...rest },
})
const withSpec = (spec: object, rest: object = {}) => definition([version(object({ spec }), rest)])
const at = 'spec.validation.openAPIV3Schema'
const spec = `${at}.properties[spec]`

t.test('what is not said follows from what is', async (t) => {
  const { spec, status } = created(customResourceDefinitions, withSpec(object({ size: string })))
  t.match(spec, { names: { singular: 'widget', listKind: 'WidgetList' }, conversion: { strategy: 'None' } })
  t.strictSame(status, { storedVersions: ['v1'] })
})

const rows: { name: string; draft: object; expected: (string | RegExp)[] }[] = [
  {
    name: 'good',
    draft: withSpec(
      object(
        {
          size: { type: 'integer', minimum: 1, default: 3 },
          names: { type: 'array', items: string, 'x-kubernetes-list-type': 'set' },
          labels: { type: 'object', additionalProperties: string },
          port: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, string] },
          any: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
        },
        { 'x-kubernetes-validations': [{ rule: 'self.size <= 10 && self.names.all(n, n != "")' }] },
      ),
      { subresources: { status: {}, scale: { specReplicasPath: '.spec.size', statusReplicasPath: '.status.size' } } },
    ),
    expected: [],
  },
  {
    name: 'under another name',
    draft: { ...withSpec(object({})), metadata: { name: 'gadgets.example.com' } },
    expected: ['metadata.name: Invalid value: "gadgets.example.com": must be spec.names.plural+"."+spec.group'],
  },
  {
    name: 'a group without a dot, and no scope',
    draft: {
      metadata: { name: 'widgets.local' },
      ...{ spec: { group: 'local', names, versions: [version(object({}))] } },
    },
    expected: [
      'spec.group: Invalid value: "local": should be a domain with at least one dot',
      'spec.scope: Required value',
    ],
  },
  {
    name: 'no schema',
    draft: definition([{ name: 'v1', served: true, storage: true }]),
    expected: ['spec.versions[0].schema.openAPIV3Schema: Required value'],
  },
  {
    name: 'two versions that objects are kept in',
    draft: definition([version(object({})), version(object({}), { name: 'v2' })]),
    expected: [
      /^spec.versions: Invalid value: .*: must have exactly one version marked as storage version$/,
      'status.storedVersions: Invalid value: ["v1"]: must have the storage version v2',
    ],
  },
  {
    name: 'a field without a type',
    draft: withSpec({}),
    expected: [`${spec}.type: Required value: must not be empty for specified object fields`],
  },
  {
    name: 'a list of what',
    draft: withSpec({ type: 'array' }),
    expected: [`${spec}.items: Required value: must be specified`],
  },
  {
    name: 'a type below a junctor',
    draft: withSpec(object({ a: string }, { anyOf: [{ properties: { a: string } }] })),
    expected: [`${spec}.anyOf[0].properties[a].type: Forbidden: must be empty to be structural`],
  },
  {
    name: 'a junctor that speaks of what is not there',
    draft: definition([version(object({ a: string }, { oneOf: [{ properties: { b: { minLength: 1 } } }] }))]),
    expected: [`${at}.properties[b]: Required value: because it is defined in ${at}.oneOf[0].properties[b]`],
  },
  {
    name: 'a pattern that is none',
    draft: withSpec({ type: 'string', pattern: '(' }),
    expected: [/properties\[spec\].pattern: Invalid value: "\(": must be a valid regular expression, but isn't/],
  },
  {
    name: 'a default of another type',
    draft: withSpec(object({ size: { type: 'integer', default: 'three' } })),
    expected: [`${spec}.properties[size].default: Invalid value: "string":  in body must be of type integer: "string"`],
  },
  {
    name: 'a default with more than the schema knows',
    draft: withSpec({ ...object({ a: string }), default: { a: 'x', b: 'y' } }),
    expected: [`${spec}.default: Invalid value: {"a":"x","b":"y"}: must not have unknown fields`],
  },
  {
    name: 'a map list whose key may be missing',
    draft: withSpec({
      type: 'array',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['name'],
      items: object({ name: string }),
    }),
    expected: [
      `${spec}.items.properties[name].default: Required value: this property is in x-kubernetes-list-map-keys, so it must have a default or be a required property`,
    ],
  },
  {
    name: 'what OpenAPI has and Kubernetes has not',
    draft: withSpec({ ...object({ a: string }), uniqueItems: true, additionalProperties: false, $ref: '#/x' }),
    expected: [
      `${spec}.$ref: Forbidden: $ref is not supported`,
      `${spec}.uniqueItems: Forbidden: uniqueItems cannot be set to true since the runtime complexity becomes quadratic`,
      `${spec}.additionalProperties: Forbidden: additionalProperties and properties are mutual exclusive`,
    ],
  },
  {
    name: 'a rule that does not compile',
    draft: withSpec(object({ size: { type: 'integer' } }, { 'x-kubernetes-validations': [{ rule: 'self.sise > 1' }] })),
    expected: [
      `${spec}.x-kubernetes-validations[0].rule: Invalid value: {"rule":"self.sise > 1"}: compilation failed: ERROR: <input>:1:6: undefined field 'sise'\n | self.sise > 1\n | .....^`,
    ],
  },
  {
    name: 'a rule that is no condition, with a message that is none',
    draft: withSpec(
      object(
        { size: { type: 'integer' } },
        { 'x-kubernetes-validations': [{ rule: 'self.size' }, { rule: 'true', messageExpression: '1' }] },
      ),
    ),
    expected: [
      `${spec}.x-kubernetes-validations[0].rule: Invalid value: {"rule":"self.size"}: cel expression must evaluate to a bool`,
      `${spec}.x-kubernetes-validations[1].messageExpression: Invalid value: {"rule":"true","messageExpression":"1"}: messageExpression must evaluate to a string`,
    ],
  },
  {
    name: 'what was before, where it cannot be told',
    draft: withSpec({
      type: 'array',
      items: object({ a: string }, { 'x-kubernetes-validations': [{ rule: 'self.a == oldSelf.a' }] }),
    }),
    expected: [
      `${spec}.items.x-kubernetes-validations[0].rule: Invalid value: "self.a == oldSelf.a": oldSelf cannot be used on the uncorrelatable portion of the schema within ${spec}`,
    ],
  },
  {
    name: 'columns, subresources and selectable fields',
    draft: withSpec(object({ list: { type: 'array', items: string } }), {
      additionalPrinterColumns: [{ name: 'Size', type: 'int', jsonPath: 'spec.size' }],
      subresources: { scale: { specReplicasPath: '.status.size', statusReplicasPath: '.status.size' } },
      selectableFields: [{ jsonPath: '.spec.list' }, { jsonPath: '.spec.gone' }],
    }),
    expected: [
      'spec.subresources.scale.specReplicasPath: Invalid value: ".status.size": should be a json path under .spec',
      'spec.additionalPrinterColumns[0].type: Invalid value: "int": must be one of boolean,date,integer,number,string',
      'spec.additionalPrinterColumns[0].JSONPath: Invalid value: "spec.size": must be a simple json path starting with .',
      'spec.selectableFields[0].jsonPath: Invalid value: ".spec.list": must point to a field of type string, boolean or integer. Enum string fields and strings with formats are allowed.',
      'spec.selectableFields[1].jsonPath: Invalid value: ".spec.gone": is an invalid path: does not refer to a valid field',
    ],
  },
  {
    name: 'a webhook that is nowhere',
    draft: definition([version(object({}))], {
      conversion: { strategy: 'Webhook', webhook: { conversionReviewVersions: ['v2'] } },
    }),
    expected: [
      'spec.conversion.webhookClientConfig: Required value: required when strategy is set to Webhook',
      'spec.conversion.conversionReviewVersions: Invalid value: ["v2"]: must include at least one of v1, v1beta1',
    ],
  },
  {
    name: "a group of Kubernetes' own",
    draft: {
      metadata: { name: 'widgets.apps.k8s.io' },
      spec: { group: 'apps.k8s.io', scope: 'Cluster', names, versions: [version(object({}))] },
    },
    expected: [
      'metadata.annotations[api-approved.kubernetes.io]: Required value: protected groups must have approval annotation "api-approved.kubernetes.io", see https://github.com/kubernetes/enhancements/pull/1111',
    ],
  },
]
for (const { name, draft, expected } of rows)
  t.test(name, async (t) => {
    const found = faults(customResourceDefinitions, draft as { metadata: object })
    t.equal(found.length, expected.length, found.join('\n'))
    t.match(found, expected)
  })

t.test('versions that objects were kept in stay', async (t) => {
  const old = created(customResourceDefinitions, withSpec(object({ a: string })))
  const next = structuredClone(old)
  next.spec.versions = created(
    customResourceDefinitions,
    definition([version(object({}), { name: 'v2' })]),
  ).spec.versions
  customResourceDefinitions.prepareForUpdate?.(next, old)
  t.strictSame(next.status?.storedVersions, ['v1', 'v2'])
  t.match(customResourceDefinitions.validateUpdate?.(next, old), [
    {
      field: 'status.storedVersions[0]',
      message:
        'Invalid value: "v1": missing from spec.versions; v1 was previously a storage version, and must remain in spec.versions until a storage migration ensures no data remains persisted in v1 and removes v1 from status.storedVersions',
    },
  ])
})

t.test('names stay', async (t) => {
  const from = withSpec(object({}))
  const to = { ...from, spec: { ...from.spec, names: { ...names, plural: 'gadgets' } } }
  t.strictSame(updateFaults(customResourceDefinitions, { from, to }), [
    'spec.names.plural: Invalid value: "gadgets": field is immutable',
  ])
})

t.test('its row, and what is said of it', async (t) => {
  const made = created(customResourceDefinitions, withSpec({ type: 'string', format: 'colour' }))
  t.strictSame(row(customResourceDefinitions, made, noon), {
    Name: 'widgets.example.com',
    'Created At': '2026-01-02T03:04:05Z',
  })
  t.match(customResourceDefinitions.warnings?.(made), ['unrecognized format "colour"'])
  t.strictSame(customResourceDefinitions.warnings?.(made, made), [])
})
