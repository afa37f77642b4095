import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import type { Clock, Logger } from '@tandem/component-base'
import type { KubeletConnection } from '../kubelet/connection.ts'
import type { Resources } from '../resources.ts'
import type { ScrapePair } from './measurement.ts'
import { parseScrape, type Scrape } from './scrape.ts'

/** An answer this young is given again. */
const freshFor = 10_000
/** One this old says too little of now to be measured against. */
const comparableFor = 60_000
/** How long a kubelet that was not asked lately is given between two answers. */
const shortestWindow = 1000
const timeout = 10_000

interface Kept {
  takenAt: number
  later: Scrape
  earlier?: Scrape
  pending?: Promise<ScrapePair>
}

export interface KubeletScrapesOptions {
  scrape(nodeName: string): Promise<Scrape>
  clock: Clock
  logger: Logger
}

/**
 * What kubelets tell of their pods, asked for when somebody wants to know: nothing runs while nobody does. The first to ask after a
 * while waits for a second, since the use of CPU takes two looks.
 */
export class KubeletScrapes {
  readonly #options: KubeletScrapesOptions
  readonly #kept = new Map<string, Partial<Kept>>()
  /** Nodes whose silence was logged. */
  readonly #silent = new Set<string>()

  constructor(options: KubeletScrapesOptions) {
    this.#options = options
  }

  /**
   * Undefined when the kubelet does not answer. `isEnough` says whether an answer holds what is looked for: another is asked for if not,
   * and one more, since what has just started takes two looks of its own.
   */
  async pair(nodeName: string, isEnough: (pair: ScrapePair) => boolean = () => true): Promise<ScrapePair | undefined> {
    this.#forgetOld()
    const kept = this.#kept.get(nodeName) ?? {}
    this.#kept.set(nodeName, kept)
    const { later, earlier } = kept
    if (later && earlier && this.#age(kept) < freshFor && isEnough({ earlier, later })) return { earlier, later }
    try {
      const pair = await this.#renewed(kept, nodeName)
      this.#silent.delete(nodeName)
      return isEnough(pair) ? pair : await this.#renewed(kept, nodeName)
    } catch (err) {
      // Once: a node without a kubelet has none the next time either.
      if (!this.#silent.has(nodeName))
        this.#options.logger.warn({ err, node: nodeName }, 'a kubelet does not tell what its pods use')
      this.#silent.add(nodeName)
      return undefined
    }
  }

  /** The same for all who ask meanwhile. */
  #renewed(kept: Partial<Kept>, nodeName: string): Promise<ScrapePair> {
    kept.pending ??= this.#renew(kept, nodeName).finally(() => {
      delete kept.pending
    })
    return kept.pending
  }

  async #renew(kept: Partial<Kept>, nodeName: string): Promise<ScrapePair> {
    const { scrape, clock } = this.#options
    let earlier = this.#age(kept) < comparableFor ? kept.later : undefined
    const age = earlier ? this.#age(kept) : 0
    earlier ??= await scrape(nodeName)
    if (age < shortestWindow) await clock.sleep(shortestWindow - age)
    const later = await scrape(nodeName)
    Object.assign(kept, { earlier, later, takenAt: clock.monotonic() })
    return { earlier, later }
  }

  #age({ takenAt = Number.NEGATIVE_INFINITY }: Partial<Kept>): number {
    return this.#options.clock.monotonic() - takenAt
  }

  #forgetOld(): void {
    for (const [nodeName, kept] of this.#kept)
      if (!kept.pending && this.#age(kept) >= comparableFor) this.#kept.delete(nodeName)
  }
}

/** Asks a kubelet for its `/metrics/resource`. */
export const scrapeKubelet =
  ({ kubelet, resources, clock }: { kubelet: KubeletConnection; resources: Resources; clock: Clock }) =>
  async (nodeName: string): Promise<Scrape> => {
    const endpoint = await kubelet.endpoint(resources, nodeName)
    const body = await new Promise<string>((resolve, reject) => {
      const asked = request({
        ...endpoint,
        path: '/metrics/resource',
        agent: kubelet.agent,
        signal: AbortSignal.timeout(timeout),
      })
      asked.once('error', reject)
      asked.once('response', (response) => {
        if (response.statusCode === 200) text(response).then(resolve, reject)
        else {
          response.resume()
          reject(new Error(`request failed, status: ${response.statusCode}`))
        }
      })
      asked.end()
    })
    return parseScrape(body, clock.now())
  }
