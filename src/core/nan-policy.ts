export const NAN_POLICIES = ['null', 'string', 'bare'] as const

/** The form of NaN and the infinities in JSON: `null`, strings, or the bare tokens that Python writes and reads. */
export type NanPolicy = (typeof NAN_POLICIES)[number]
