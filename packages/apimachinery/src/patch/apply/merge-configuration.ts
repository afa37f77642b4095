import { set } from '../../decode/decoder.ts'
import type { SchemaRegistry, TypeRef, TypeSchema } from '../../schema.ts'
import { isObject, type Json } from '../json-object.ts'
import { elementNames, type Structure, structureOfElement, structureOfField } from './structure.ts'

/**
 * The live object with an applied configuration laid over it: leaves replaced, lists with keys and sets merged element by element. The
 * order of the configuration holds among its elements, and elements that only the live list has stay where they were, as well as can be.
 */
export function mergeConfiguration(live: Json, config: Json, schema: TypeSchema, registry: SchemaRegistry): Json {
  return mergeFields(live, config, (name, value) => structureOfField(schema, name, value, registry), registry)
}

function mergeFields(
  live: Json,
  config: Json,
  structureFor: (name: string, value: unknown) => Structure,
  registry: SchemaRegistry,
): Json {
  const merged: Json = { ...live }
  for (const name in config) {
    const previous = Object.hasOwn(live, name) ? live[name] : undefined
    set(merged, name, mergeValue(previous, config[name], structureFor(name, config[name]), registry))
  }
  return merged
}

function mergeValue(live: unknown, config: unknown, structure: Structure, registry: SchemaRegistry): unknown {
  if (live === undefined || live === null || config === null) return config
  switch (structure.kind) {
    case 'leaf':
      return config
    case 'struct':
      return isObject(live) && isObject(config) ? mergeConfiguration(live, config, structure.schema, registry) : config
    case 'map':
      return isObject(live) && isObject(config) ? mergeMaps(live, config, structure.of, registry) : config
    default:
      return Array.isArray(live) && Array.isArray(config) ? mergeLists(live, config, structure, registry) : config
  }
}

const mergeMaps = (live: Json, config: Json, of: TypeRef, registry: SchemaRegistry): Json =>
  mergeFields(live, config, (_, value) => structureOfElement(of, value, registry), registry)

function mergeLists(
  live: readonly unknown[],
  config: readonly unknown[],
  structure: Extract<Structure, { kind: 'list' | 'set' }>,
  registry: SchemaRegistry,
): unknown[] {
  const liveNames = elementNames(live, structure)
  const configNames = elementNames(config, structure)
  const liveByName = new Map(liveNames.map((name, index) => [name, live[index]]))
  const merged = config.map((element, index) =>
    mergeValue(
      liveByName.get(configNames[index] ?? ''),
      element,
      structureOfElement(structure.of, element, registry),
      registry,
    ),
  )
  return interleaved(liveNames, configNames).map(({ from, index }) => (from === 'live' ? live[index] : merged[index]))
}

type Place = { from: 'live' | 'config'; index: number }

/**
 * The order of a merged list. Both lists are walked at once: what only the live list has is taken as it comes, and what both have waits
 * for its turn in the configuration.
 */
function interleaved(live: readonly string[], config: readonly string[]): Place[] {
  const [inLive, inConfig] = [new Set(live), new Set(config)]
  const shared = config.filter((name) => inLive.has(name))
  const placed = new Set<string>()
  const places: Place[] = []
  let [atLive, atConfig, atShared] = [0, 0, 0]
  const takeConfigured = (name: string): void => {
    places.push({ from: 'config', index: atConfig++ })
    placed.add(name)
    if (shared[atShared] === name) atShared++
  }
  while (atLive < live.length || atConfig < config.length) {
    const [name, wanted] = [live[atLive], config[atConfig]]
    if (name !== undefined && !inConfig.has(name)) places.push({ from: 'live', index: atLive++ })
    else if (name !== undefined && name === wanted) {
      takeConfigured(name)
      atLive++
    } else if (name !== undefined && wanted !== undefined && atShared < shared.length && name !== shared[atShared])
      atLive++
    else {
      if (name !== undefined && placed.has(name)) atLive++
      if (wanted !== undefined) takeConfigured(wanted)
    }
  }
  return places
}
