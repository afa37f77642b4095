import { set } from '../../decode/decoder.ts'
import type { SchemaRegistry, TypeRef, TypeSchema } from '../../schema.ts'
import { elementNames, isObject, type Json, type Structure, structureOfElement, structureOfField } from './structure.ts'

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
  const configured = new Set(configNames)
  const placed = new Set<string>()
  const merged: unknown[] = []
  let next = 0
  /** The elements that only the live list has, up to one that is configured and still to come. */
  const takeLiveOnly = (): void => {
    for (; next < live.length; next++) {
      const name = liveNames[next] ?? ''
      if (!configured.has(name)) merged.push(live[next])
      else if (!placed.has(name)) return
    }
  }
  for (const [index, name] of configNames.entries()) {
    takeLiveOnly()
    const element = config[index]
    const elementStructure = structureOfElement(structure.of, element, registry)
    merged.push(mergeValue(liveByName.get(name), element, elementStructure, registry))
    placed.add(name)
  }
  takeLiveOnly()
  return merged
}
