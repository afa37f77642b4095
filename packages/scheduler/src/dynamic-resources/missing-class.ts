import { deviceClasses } from '@tandem/api/resource/v1/deviceclass'
import type { ResourceClaim } from '@tandem/api/resource/v1/types'
import type { Handle } from '../framework/plugin.ts'

/** Which class of devices, asked for by the claim, there is not; in upstream's words. */
export function missingClass({ spec }: ResourceClaim, { objects }: Handle): string | undefined {
  const wanted = (spec.devices?.requests ?? []).flatMap(({ name, exactly, firstAvailable = [] }) => [
    ...(exactly ? [{ name, className: exactly.deviceClassName }] : []),
    ...firstAvailable.map((each) => ({ name: `${name}/${each.name}`, className: each.deviceClassName })),
  ])
  const missing = wanted.find(({ className }) => !objects.get(deviceClasses, { name: className }))
  return missing && `request ${missing.name}: device class ${missing.className} does not exist`
}
