import { deviceDeclarations } from '@tandem/api/resource/v1/device-selector'
import type { Device, DeviceAttribute } from '@tandem/api/resource/v1/types'
import { parseQuantity } from '@tandem/apimachinery'
import { CelCompiler, type CelProgram } from '@tandem/apimachinery/cel/environment'
import { CelQuantity } from '@tandem/apimachinery/cel/quantity-functions'
import type { EditOf } from '@tandem/apimachinery/cel/rewriting'
import { CelSemver } from '@tandem/apimachinery/cel/semver-functions'

let compiler: CelCompiler | undefined

function deviceCompiler(): CelCompiler {
  const variables = { ...deviceDeclarations.variables, deviceDomains: 'map<string, map<string, bool>>' }
  compiler ??= new CelCompiler({ ...deviceDeclarations, variables })
  return compiler
}

/** Whether there is a domain cannot be asked of a map that has an empty one for each that is missing. */
const toDomains: EditOf = (node) => {
  if (node.op !== 'in') return undefined
  const [, map] = node.args
  if (map.op !== '.' || map.args[0].op !== 'id' || map.args[0].args !== 'device') return undefined
  return { ...map.range, text: `deviceDomains[${JSON.stringify(map.args[1])}]` }
}

const maxPrograms = 1000
const programs = new Map<string, CelProgram>()

/** A device never changes; a changed one is another object. */
const answers = new WeakMap<Device, Map<string, boolean>>()

/** Does the expression select the device? Each question is answered once. Throws what goes wrong in it. */
export function selects(expression: string, { device, driver }: { device: Device; driver: string }): boolean {
  const known = answers.get(device) ?? new Map<string, boolean>()
  answers.set(device, known)
  const answer = known.get(expression) ?? ask(expression, { device, driver })
  known.set(expression, answer)
  return answer
}

function ask(expression: string, { device, driver }: { device: Device; driver: string }): boolean {
  const program = programOf(expression)
  try {
    const answer = program(variablesOf(device, driver))
    if (typeof answer !== 'boolean')
      throw new TypeError(`CEL result of type ${typeof answer} could not be converted to bool`)
    return answer
  } catch (error) {
    throw new Error(`CEL runtime error: ${messageOf(error)}`, { cause: error })
  }
}

/** Only the first line: what follows shows the place in the expression. */
const messageOf = (error: unknown): string =>
  error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error)

function programOf(expression: string): CelProgram {
  const known = programs.get(expression)
  if (known) return known
  try {
    const program = deviceCompiler().program(expression, toDomains)
    if (programs.size >= maxPrograms) programs.clear()
    programs.set(expression, program)
    return program
  } catch (error) {
    throw new Error(`CEL compile error: ${messageOf(error)}`, { cause: error })
  }
}

function variablesOf({ attributes = {}, capacity = {}, allowMultipleAllocations = false }: Device, driver: string) {
  const values = {
    attributes: byDomain(Object.entries(attributes), driver, celValueOf),
    capacity: byDomain(Object.entries(capacity), driver, ({ value }) => new CelQuantity(parseQuantity(value))),
  }
  const namesOf = (domains: ReadonlyMap<string, unknown>) =>
    Object.fromEntries([...domains.keys()].map((domain) => [domain, true]))
  return {
    device: { driver, allowMultipleAllocations, ...values },
    deviceDomains: { attributes: namesOf(values.attributes), capacity: namesOf(values.capacity) },
  }
}

/** Names without a domain are of the driver's. A domain that nothing is of is an empty map, so that what it has can be asked. */
function byDomain<T>(entries: readonly [string, T][], driver: string, toCel: (item: T) => unknown) {
  const domains = new Map<string, Record<string, unknown>>()
  for (const [name, item] of entries) {
    const slash = name.indexOf('/')
    const [domain, id] = slash < 0 ? [driver, name] : [name.slice(0, slash), name.slice(slash + 1)]
    const domainValues = domains.get(domain) ?? {}
    domainValues[id] = toCel(item)
    domains.set(domain, domainValues)
  }
  domains.get = (domain) => Map.prototype.get.call(domains, domain) ?? {}
  return domains
}

function celValueOf({ int, bool, string, version }: DeviceAttribute): unknown {
  if (int !== undefined) return BigInt(int)
  if (version === undefined) return bool ?? string
  const parsed = CelSemver.parse(version)
  if (!parsed) throw new Error('parse semantic version: No Major.Minor.Patch elements found')
  return parsed
}
