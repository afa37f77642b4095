/** The engine made the container but its process does not start. Upstream's waiting reason is `RunContainerError`. */
export class RunContainerError extends Error {
  readonly code = 'RunContainerError'
}

/** What a name, an image or an ID stands for is not there. */
export class RuntimeNotFoundError extends Error {
  readonly code = 'RuntimeNotFound'
}

/** The engine does not answer: not running, starting or stopping. */
export class RuntimeUnavailableError extends Error {
  readonly code = 'RuntimeUnavailable'
}

/** The pod asks for what this runtime cannot do. */
export class UnsupportedError extends Error {
  readonly code = 'UNSUPPORTED'
}
