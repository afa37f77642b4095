/** Lets workers through while it is open. */
export class Gate {
  #opened = Promise.withResolvers<void>()

  get passing(): Promise<void> {
    return this.#opened.promise
  }
  open(): void {
    this.#opened.resolve()
  }
  shut(): void {
    this.#opened = Promise.withResolvers()
  }
}
