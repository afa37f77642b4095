import { readFileSync } from 'node:fs'
import { load } from 'js-yaml'
import type { Model } from './model.ts'

interface MergeType {
  name: string
  map?: {
    fields?: {
      name: string
      type: {
        list?: { elementRelationship: 'atomic' | 'associative'; keys?: string[] }
        map?: { elementRelationship?: 'atomic' | 'separable' }
        elementRelationship?: 'atomic' | 'separable'
      }
    }[]
    elementRelationship?: 'atomic' | 'separable'
  }
}

/** Corrects list and map types after client-go's schema for server-side apply; returns what differed, in words. */
export function correct(models: readonly Model[], file: string): string[] {
  const yaml = /schemaYAML = typed\.YAMLObject\(`([\s\S]*?)`\)/.exec(readFileSync(file, 'utf8'))?.[1]
  const { types } = load(yaml ?? 'types: []') as { types: MergeType[] }
  const byName = new Map(types.map((type) => [type.name, type]))
  const differences: string[] = []
  for (const model of models) {
    const merge = byName.get(model.name)
    if (!merge) continue
    const structType = merge.map?.elementRelationship === 'atomic' ? 'atomic' : undefined
    if (structType !== model.structType) {
      differences.push(`${model.name}: structType ${model.structType} is ${structType}`)
      if (structType) model.structType = structType
      else delete model.structType
    }
    const known = new Map(merge.map?.fields?.map((field) => [field.name, field.type]))
    for (const { name, extras } of model.fields) {
      const type = known.get(name)
      if (!type) {
        if (known.size > 0) differences.push(`${model.name}.${name}: not in the merge schema`)
        continue
      }
      if (type.list) {
        const { elementRelationship, keys } = type.list
        const listType = elementRelationship === 'atomic' ? 'atomic' : keys ? 'map' : 'set'
        if ((extras.listType ?? 'atomic') !== listType || String(extras.listMapKeys ?? '') !== String(keys ?? '')) {
          differences.push(`${model.name}.${name}: ${extras.listType}(${extras.listMapKeys}) is ${listType}(${keys})`)
          extras.listType = listType
          if (keys) extras.listMapKeys = keys
          else delete extras.listMapKeys
        }
      }
      const wanted = type.map?.elementRelationship === 'atomic' || type.elementRelationship === 'atomic'
      if (wanted !== (extras.mapType === 'atomic' || extras.structType === 'atomic')) {
        differences.push(`${model.name}.${name}: map ${extras.mapType ?? extras.structType} is atomic: ${wanted}`)
        if (wanted) extras[type.map ? 'mapType' : 'structType'] = 'atomic'
      }
    }
  }
  return differences
}
