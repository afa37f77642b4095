import { Environment } from '@marcbachmann/cel-js'

interface Optionals {
  of(value: unknown): unknown
}

let optionals: Optionals | undefined

/** An optional of CEL: with a value, or with none. cel-js makes them in expressions alone. */
export function optionalOf(value: unknown): unknown {
  const none = () => new Environment({ enableOptionalTypes: true }).evaluate('optional.none()') as object
  optionals ??= none().constructor as unknown as Optionals
  return optionals.of(value)
}
