/** One thing that must be so for a component to be called healthy; throws when it is not. */
export interface HealthCheck {
  name: string
  check(): void | Promise<void>
}

export interface HealthChecks {
  /** Is it worth keeping? When not, it is restarted. */
  live: readonly HealthCheck[]
  /** May it be given work? Asked together with the live ones. */
  ready: readonly HealthCheck[]
  /** Told what came of each check. */
  observe?: ((outcome: HealthOutcome) => void) | undefined
}

export interface HealthOutcome {
  name: string
  endpoint: HealthEndpoint
  passed: boolean
}

export type HealthEndpoint = 'healthz' | 'livez' | 'readyz'

export interface HealthAnswer {
  code: 200 | 500
  text: string
}

const ping: HealthCheck = { name: 'ping', check: () => undefined }

export const isHealthPath = (path: string): boolean => /^\/(healthz|livez|readyz)(\/|$)/.test(path)

/** Answers `/healthz`, `/livez`, `/readyz`, each with `?verbose`, `?exclude=` and `/<check>`; undefined for any other path. */
export async function answerHealth(
  url: URL,
  { live, ready, observe }: HealthChecks,
): Promise<HealthAnswer | undefined> {
  const [, endpoint = '', ...rest] = url.pathname.replace(/\/$/, '').split('/')
  const only = rest.length > 0 ? rest.join('/') : undefined
  if (!isEndpoint(endpoint)) return undefined
  const all = [ping, ...live, ...(endpoint === 'readyz' ? ready : [])]
  const excluded = new Set(url.searchParams.getAll('exclude'))
  const asked = all.filter(({ name }) => !excluded.has(name) && (only === undefined || name === only))
  if (only !== undefined && asked.length === 0) return undefined

  const results = await Promise.all(asked.map(passes))
  for (const [index, { name }] of asked.entries()) observe?.({ name, endpoint, passed: results[index] === true })
  const healthy = results.every((passed) => passed)
  if (healthy && !url.searchParams.has('verbose')) return { code: 200, text: 'ok' }
  const lines = asked.map(({ name }, index) =>
    results[index] ? `[+]${name} ok` : `[-]${name} failed: reason withheld`,
  )
  const verdict = `${endpoint} check ${healthy ? 'passed' : 'failed'}`
  return { code: healthy ? 200 : 500, text: `${[...lines, verdict].join('\n')}\n` }
}

const isEndpoint = (text: string): text is HealthEndpoint => ['healthz', 'livez', 'readyz'].includes(text)

const passes = async ({ check }: HealthCheck): Promise<boolean> => {
  try {
    await check()
    return true
  } catch {
    return false
  }
}
