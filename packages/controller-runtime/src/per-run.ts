import type { ControllerContext } from './controller.ts'

/**
 * State that a controller keeps while it runs, made when first asked for: a controller is a constant of its module, and several may
 * run in one process.
 */
export function perRun<State>(create: (context: ControllerContext) => State): (context: ControllerContext) => State {
  const states = new WeakMap<ControllerContext, State>()
  return (context) => {
    let state = states.get(context)
    if (state === undefined) {
      state = create(context)
      states.set(context, state)
    }
    return state
  }
}
