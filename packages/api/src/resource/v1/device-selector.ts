import { type FieldError, invalidValue, required, tooLong } from '@tandem/apimachinery'
import { CelCompiler, type CelDeclarations } from '@tandem/apimachinery/cel/environment'
import { validateBounded } from './bounded.ts'
import type { DeviceSelector } from './types.ts'

const maxSelectors = 32
const maxExpression = 10 * 1024

/** What an expression that selects devices may speak of. */
export const deviceDeclarations = {
  variables: { device: 'kubernetes.DRADevice' },
  types: {
    'kubernetes.DRADevice': {
      driver: 'string',
      attributes: 'map<string, map<string, dyn>>',
      capacity: 'map<string, map<string, kubernetes.Quantity>>',
      allowMultipleAllocations: 'bool',
    },
  },
} as const satisfies CelDeclarations

let compiler: CelCompiler | undefined

function deviceCompiler(): CelCompiler {
  compiler ??= new CelCompiler(deviceDeclarations)
  return compiler
}

export const validateSelectors = (field: string, selectors: readonly DeviceSelector[] | undefined): FieldError[] =>
  validateBounded(field, selectors, { max: maxSelectors, validate: validateSelector })

function validateSelector(field: string, { cel }: DeviceSelector): FieldError[] {
  if (!cel) return [required(`${field}.cel`)]
  const at = `${field}.cel.expression`
  const expression = cel.expression ?? ''
  if (Buffer.byteLength(expression) > maxExpression) return [tooLong(at, maxExpression)]
  const verdict = deviceCompiler().compile(expression)
  if ('fault' in verdict) return [invalidValue(at, expression, verdict.fault)]
  return verdict.type === 'bool' || verdict.type === 'dyn'
    ? []
    : [invalidValue(at, expression, `must evaluate to bool or the unknown type, not ${verdict.type}`)]
}
