/** Work in steps, none of which takes longer than a few milliseconds. It returns its result with the last one. */
export type Steps<T> = Generator<undefined, T, undefined>

/** Does all steps without a pause. */
export function doSteps<T>(steps: Steps<T>): T {
  for (;;) {
    const step = steps.next()
    if (step.done) return step.value
  }
}
