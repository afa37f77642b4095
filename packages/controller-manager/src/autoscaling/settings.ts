import type { Readiness } from './pod-groups.ts'

export interface AutoscalingSettings {
  syncPeriodMs: number
  downscaleStabilizationMs: number
  tolerance: number
  readiness: Readiness
}

/** From the controller manager's flags; upstream's presets where it was started without. */
export function autoscalingSettings(settings: Readonly<Record<string, string | undefined>>): AutoscalingSettings {
  const of = (name: string, preset: number): number => Number(settings[`horizontal-pod-autoscaler-${name}`] ?? preset)
  return {
    syncPeriodMs: of('sync-period', 15_000),
    downscaleStabilizationMs: of('downscale-stabilization', 5 * 60_000),
    tolerance: of('tolerance', 0.1),
    readiness: {
      cpuInitializationMs: of('cpu-initialization-period', 5 * 60_000),
      initialReadinessMs: of('initial-readiness-delay', 30_000),
    },
  }
}
