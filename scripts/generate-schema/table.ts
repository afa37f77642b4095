import type { Model } from './model.ts'

/**
 * The table's text: one line a field, `"<type> <protobuf number> <flags>"`, with what else is known in an object beside it.
 * Flags: r required, p pointer, e empty values are left out.
 */
export function tableText(models: readonly Model[]): string {
  const types = models.map((model) => {
    const fields = model.fields.map(({ name, type, number, within, required, pointer, omitEmpty, extras }) => {
      const flags = `${required ? 'r' : ''}${pointer ? 'p' : ''}${omitEmpty ? 'e' : ''}`
      const head = [shorten(type), [...(within ?? []), number ?? '-'].join('.'), flags].join(' ').trimEnd()
      const value = Object.keys(extras).length === 0 ? head : [head, extras]
      return `    ${JSON.stringify(name)}: ${JSON.stringify(value)}`
    })
    if (model.structType) fields.unshift(`    "": ${JSON.stringify(model.structType)}`)
    return `  ${JSON.stringify(shorten(model.name))}: {${fields.length ? `\n${fields.join(',\n')}\n  ` : ''}}`
  })
  return `{\n${types.join(',\n')}\n}\n`
}

/** `io.k8s.` goes without saying: `~api.core.v1.Pod`. */
const shorten = (type: string): string => type.replace('io.k8s.', '~')
