import protobuf from 'protobufjs/light.js'

/**
 * Protobuf types of messages whose wire format is written down as facts: by message, its fields as `name type number`, with commas between
 * them. `string[]` repeats; `map` is from strings to strings.
 */
export function messageTypes(facts: Readonly<Record<string, string>>): protobuf.Root {
  const types = new protobuf.Root()
  for (const [message, fields] of Object.entries(facts)) {
    const type = new protobuf.Type(message)
    for (const field of fields === '' ? [] : fields.split(', ')) {
      const [name = '', of = '', number] = field.split(' ')
      const rule = of.endsWith('[]') ? 'repeated' : undefined
      if (of === 'map') type.add(new protobuf.MapField(name, Number(number), 'string', 'string'))
      else type.add(new protobuf.Field(name, Number(number), of.replace('[]', ''), rule))
    }
    types.add(type)
  }
  return types
}
