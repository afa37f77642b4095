/** With this a figure that is not renewed halves in five minutes, looked at every ten seconds. */
const smoothing = 0.977

/** How many seats a level could have used over the last period, and smoothed over those before. */
export class SeatDemand {
  highWatermark = 0
  average = 0
  deviation = 0
  smoothed = 0
  #seats = 0
  #highest = 0
  #since: number
  #changed: number
  #integral = 0
  #squares = 0

  /** Times in milliseconds. */
  constructor(now: number) {
    this.#since = now
    this.#changed = now
  }

  get seats(): number {
    return this.#seats
  }

  set(seats: number, now: number): void {
    this.#accumulate(now)
    this.#seats = seats
    if (seats > this.#highest) this.#highest = seats
  }

  /** Ends a period: its figures can be read from here on. */
  endPeriod(now: number): void {
    this.#accumulate(now)
    const duration = now - this.#since
    this.highWatermark = this.#highest
    if (duration > 0) {
      this.average = this.#integral / duration
      this.deviation = Math.sqrt(Math.max(0, this.#squares / duration - this.average ** 2))
      const envelope = this.average + this.deviation
      this.smoothed = Math.max(envelope, smoothing * this.smoothed + (1 - smoothing) * envelope)
    }
    this.#integral = 0
    this.#squares = 0
    this.#since = now
    this.#highest = this.#seats
  }

  #accumulate(now: number): void {
    const elapsed = now - this.#changed
    this.#changed = now
    this.#integral += this.#seats * elapsed
    this.#squares += this.#seats * this.#seats * elapsed
  }
}
