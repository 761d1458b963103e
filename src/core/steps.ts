/** Work in steps of a few milliseconds at most. The last step returns the result. */
export type Steps<T> = Generator<undefined, T, undefined>

/** Does all steps without a pause. */
export function doSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}
