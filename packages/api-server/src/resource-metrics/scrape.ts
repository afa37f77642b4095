/** What one kubelet told at one time. */
export interface Scrape {
  node: Usage | undefined
  /** By `namespace/name`, and in each by the container's name. */
  pods: ReadonlyMap<string, ReadonlyMap<string, ContainerUsage>>
}

export interface Usage {
  /** Milliseconds since the epoch. */
  time: number
  /** Since ever. */
  cpuSeconds: number
  workingSetBytes: number
}

export interface ContainerUsage extends Usage {
  /** Milliseconds since the epoch. */
  startedAt: number
}

const samplePattern = /^([a-z_]+)(?:\{(.*)\})? (\S+)(?: (\d+))?$/
const labelPattern = /([a-z_]+)="((?:[^"\\]|\\.)*)"/g

const memberOf: Readonly<Record<string, 'cpuSeconds' | 'workingSetBytes' | 'startedAt'>> = {
  node_cpu_usage_seconds_total: 'cpuSeconds',
  node_memory_working_set_bytes: 'workingSetBytes',
  container_cpu_usage_seconds_total: 'cpuSeconds',
  container_memory_working_set_bytes: 'workingSetBytes',
  container_start_time_seconds: 'startedAt',
}

/**
 * Reads a kubelet's `/metrics/resource`. What lacks one of the figures is left out: half of an answer would be taken for the whole.
 * `now` is the time of those that come without.
 */
export function parseScrape(text: string, now: number): Scrape {
  const node: Partial<Usage> = {}
  const pods = new Map<string, Map<string, Partial<ContainerUsage>>>()
  for (const line of text.split('\n')) {
    const [, name = '', labelText = '', value, time] = samplePattern.exec(line) ?? []
    const member = memberOf[name]
    if (!member) continue
    const isNode = name.startsWith('node_')
    const usage = isNode ? node : containerOf(pods, labelText)
    if (member === 'startedAt') {
      if (!isNode) (usage as Partial<ContainerUsage>).startedAt = Number(value) * 1000
      continue
    }
    usage[member] = Number(value)
    if (member === 'cpuSeconds') usage.time = time === undefined ? now : Number(time)
  }
  return {
    node: isUsage(node) ? node : undefined,
    pods: new Map([...pods].map(([pod, containers]) => [pod, new Map([...containers].filter(isContainer))])),
  }
}

function containerOf(pods: Map<string, Map<string, Partial<ContainerUsage>>>, labels: string): Partial<ContainerUsage> {
  const values = Object.fromEntries(
    [...labels.matchAll(labelPattern)].map(([, name = '', value = '']) => [name, value]),
  )
  const { namespace = '', pod = '', container = '' } = values
  const containers = entryOf(pods, `${namespace}/${pod}`, () => new Map<string, Partial<ContainerUsage>>())
  return entryOf(containers, container, () => ({}))
}

function entryOf<Value>(map: Map<string, Value>, key: string, create: () => Value): Value {
  const found = map.get(key) ?? create()
  map.set(key, found)
  return found
}

const isUsage = (usage: Partial<Usage>): usage is Usage =>
  usage.time !== undefined && usage.cpuSeconds !== undefined && usage.workingSetBytes !== undefined

const isContainer = (entry: [string, Partial<ContainerUsage>]): entry is [string, ContainerUsage] => {
  const [, usage] = entry
  return usage.startedAt !== undefined && isUsage(usage)
}
