import { UsageError } from '@tandem/component-base/flags/index'
import t from 'tap'
import { readProfiles } from '../../src/config/configuration.ts'
import { has, pluginsOf } from '../../src/config/profile.ts'
import { type ExtensionPoint, extensionPoints } from '../../src/framework/plugin.ts'
import { defaultPlugins } from '../../src/framework/profile.ts'

const profileOf = (profile: object) => {
  const [first] = readProfiles([profile], 'default-scheduler')
  if (!first) throw new Error('no profile')
  return pluginsOf(first, defaultPlugins)
}
const names = (profile: object, point: ExtensionPoint) =>
  profileOf(profile)
    .at[point].filter((plugin) => has(plugin, point))
    .map(({ name }) => name)
const defaults = (point: ExtensionPoint) => names({}, point)

t.test('without profiles there is the default one, with every default plugin at every point', async (t) => {
  t.same(readProfiles(undefined, 'default-scheduler'), [{ schedulerName: 'default-scheduler' }])
  for (const point of extensionPoints)
    t.same(
      defaults(point),
      defaultPlugins.filter((plugin) => has(plugin, point)).map(({ name }) => name),
      point,
    )
})

t.test('plugins are enabled and disabled for one point or for all', async (t) => {
  const disabled = { plugins: { score: { disabled: [{ name: 'ImageLocality' }] } } }
  t.same(
    names(disabled, 'score'),
    defaults('score').filter((name) => name !== 'ImageLocality'),
  )
  t.same(names(disabled, 'filter'), defaults('filter'))
  t.same(
    names({ plugins: { multiPoint: { disabled: [{ name: 'NodeAffinity' }] } } }, 'filter').includes('NodeAffinity'),
    false,
  )
  t.same(
    names(
      { plugins: { score: { disabled: [{ name: '*' }], enabled: [{ name: 'NodeResourcesFit', weight: 5 }] } } },
      'score',
    ),
    ['NodeResourcesFit'],
  )
  t.same(
    names({ plugins: { score: { enabled: [{ name: 'ImageLocality' }] } } }, 'score')[0],
    'ImageLocality',
    'named once more it comes first',
  )
})

t.test('a weight for the score wins over one for all points', async (t) => {
  const plugins = {
    multiPoint: {
      enabled: [
        { name: 'NodeAffinity', weight: 7 },
        { name: 'ImageLocality', weight: 4 },
      ],
    },
    score: { enabled: [{ name: 'NodeAffinity', weight: 9 }] },
  }
  t.same(profileOf({ plugins }).weights, { NodeAffinity: 9, ImageLocality: 4 })
})

const refusals: [string, unknown, RegExp][] = [
  ['an unknown field', [{ schedulerNames: 'x' }], /unknown field "profiles\[0\]\.schedulerNames"/],
  ['an unknown point', [{ plugins: { filters: {} } }], /unknown field "profiles\[0\]\.plugins\.filters"/],
  [
    'two profiles of one name',
    [{ schedulerName: 'a' }, { schedulerName: 'a' }],
    /profiles\[1\]\.schedulerName: Duplicate value: "a"/,
  ],
  ['one of two without a name', [{ schedulerName: 'a' }, {}], /profiles\[1\]\.schedulerName: Required value/],
  ['a percentage out of range', [{ percentageOfNodesToScore: 101 }], /not in valid range \[0-100\]/],
  [
    'different sorting',
    [{ schedulerName: 'a' }, { schedulerName: 'b', plugins: { queueSort: { disabled: [{ name: '*' }] } } }],
    /queueSort must be the same/,
  ],
  ['no list', {}, /profiles: must be a list/],
]
for (const [name, profiles, message] of refusals)
  t.test(`refused: ${name}`, async (t) =>
    t.throws(() => readProfiles(profiles, 'default-scheduler'), { constructor: UsageError, message }),
  )

const impossible: [string, object, RegExp][] = [
  [
    'a plugin that does not exist',
    { plugins: { filter: { enabled: [{ name: 'Nonsense' }] } } },
    /plugin "Nonsense" does not exist/,
  ],
  [
    'a plugin that has no say there',
    { plugins: { score: { enabled: [{ name: 'NodeName' }] } } },
    /NodeName does not extend score/,
  ],
  ['arguments for a plugin that takes none', { pluginConfig: [{ name: 'NodeName', args: {} }] }, /takes no arguments/],
  [
    "another plugin's arguments",
    { pluginConfig: [{ name: 'NodeResourcesFit', args: { kind: 'NodeAffinityArgs' } }] },
    /match plugin args/,
  ],
]
for (const [name, profile, message] of impossible)
  t.test(`refused: ${name}`, async (t) => t.throws(() => profileOf(profile), { constructor: UsageError, message }))
