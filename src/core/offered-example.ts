/** A body for `POST …/predict` that the model was seen to answer, or what one looks like and why none is shown. */
export type OfferedExample =
  | { readonly body: unknown }
  | {
      readonly note: string
      /** The body with shape and datatype in the place of numbers. */
      readonly outline: unknown
    }
