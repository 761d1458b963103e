/** A body for `POST …/predict` that the model was seen to answer. Or else its outline, and a note why no body is shown. */
export type OfferedExample =
  | { readonly body: unknown }
  | {
      readonly note: string
      /** The body, with shape and datatype in place of the numbers. */
      readonly outline: unknown
    }
