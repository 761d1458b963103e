/** Work in steps, none of which takes longer than a few milliseconds. It returns its result with the last one. */
export type Steps<T> = Generator<undefined, T, undefined>
