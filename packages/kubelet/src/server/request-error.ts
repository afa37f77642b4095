/** An answer that is not a success, in the plain text that kubelets answer with. */
export class RequestError extends Error {
  readonly code = 'KubeletRequest'
  readonly status: number

  constructor(status: number, message: string) {
    super(message)
    this.status = status
  }
}
