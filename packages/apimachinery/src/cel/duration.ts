import { Environment } from '@marcbachmann/cel-js'

let environment: Environment | undefined

/** A duration as Go writes it, as a value of CEL; undefined for what is none. */
export function durationOf(text: string): unknown {
  environment ??= new Environment({ unlistedVariablesAreDyn: true })
  try {
    return environment.evaluate('duration(text)', { text })
  } catch {
    return undefined
  }
}
