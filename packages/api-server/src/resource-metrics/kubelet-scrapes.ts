import { request } from 'node:https'
import { text } from 'node:stream/consumers'
import type { Clock } from '@tandem/component-base'
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

/**
 * What kubelets tell of their pods, asked for when somebody wants to know: nothing runs while nobody does. The first to ask after a
 * while waits for a second, since the use of CPU takes two looks.
 */
export class KubeletScrapes {
  readonly #scrape: (nodeName: string) => Promise<Scrape>
  readonly #clock: Clock
  readonly #kept = new Map<string, Partial<Kept>>()

  constructor(scrape: (nodeName: string) => Promise<Scrape>, clock: Clock) {
    this.#scrape = scrape
    this.#clock = clock
  }

  pair(nodeName: string): Promise<ScrapePair> {
    this.#forgetOld()
    const kept = this.#kept.get(nodeName) ?? {}
    this.#kept.set(nodeName, kept)
    const { later, earlier } = kept
    if (later && earlier && this.#age(kept) < freshFor) return Promise.resolve({ earlier, later })
    kept.pending ??= this.#renew(kept, () => this.#scrape(nodeName)).finally(() => {
      delete kept.pending
    })
    return kept.pending
  }

  async #renew(kept: Partial<Kept>, scrape: () => Promise<Scrape>): Promise<ScrapePair> {
    let earlier = this.#age(kept) < comparableFor ? kept.later : undefined
    if (!earlier) {
      earlier = await scrape()
      await this.#clock.sleep(shortestWindow)
    }
    const later = await scrape()
    Object.assign(kept, { earlier, later, takenAt: this.#clock.monotonic() })
    return { earlier, later }
  }

  #age({ takenAt = Number.NEGATIVE_INFINITY }: Partial<Kept>): number {
    return this.#clock.monotonic() - takenAt
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
