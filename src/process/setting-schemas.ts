import { z } from 'zod'

// Every setting comes as text, from a flag or from an environment variable. These schemas check the text and convert it.

export const text = z.string()

export const optionalText = z.string().optional()

export function oneOf<const T extends readonly string[]>(values: T) {
  return z.enum(values, {
    error: ({ input }) => `expected one of ${values.join(', ')}, got ${JSON.stringify(input)}`,
  })
}

export function integerIn(min: number, max: number) {
  return z.string().transform((digits, context) => {
    const value = /^\d{1,10}$/.test(digits) ? Number(digits) : Number.NaN
    if (value >= min && value <= max) return value
    context.addIssue(`expected an integer from ${min} to ${max}, got ${JSON.stringify(digits)}`)
    return z.NEVER
  })
}

/** Reads seconds and converts them to milliseconds. */
export function seconds(minMs = 0) {
  return z.string().transform((decimal, context) => {
    const ms = /^\d{1,5}(\.\d{1,3})?$/.test(decimal) ? Math.round(Number(decimal) * 1000) : Number.NaN
    if (ms >= minMs) return ms
    context.addIssue(`expected seconds, such as 5 or 0.5, got ${JSON.stringify(decimal)}`)
    return z.NEVER
  })
}
