// JSON has no NaN and no infinities, so JSON.parse refuses them. Python's json module writes them as bare tokens: NaN,
// Infinity and -Infinity. This module replaces these tokens by valid JSON before the text is parsed again.

const QUOTE = 34
const BACKSLASH = 92
const MINUS = 45
const NAN = Buffer.from('NaN')
const INFINITY = Buffer.from('Infinity')

/**
 * The kind of replacement. `null`: NaN becomes null, and infinities are refused. `object`: the token becomes an object with
 * the token as its only key. No element of a tensor is an object, so this cannot be confused with a value.
 */
export type BareAs = 'null' | 'object'

/** The bytes that replace each token. A token without a replacement stays, and the text stays invalid. */
interface Replacements {
  readonly nan: Buffer
  readonly infinity?: Buffer
  readonly minusInfinity?: Buffer
}

const REPLACEMENTS: Readonly<Record<BareAs, Replacements>> = {
  null: { nan: Buffer.from('null') },
  object: {
    nan: Buffer.from('{"NaN":0}'),
    infinity: Buffer.from('{"Infinity":0}'),
    minusInfinity: Buffer.from('{"-Infinity":0}'),
  },
}

/**
 * Replaces bare tokens outside of strings. A text that is invalid for another reason stays invalid.
 *
 * The result is written byte by byte. Millions of pieces of text would take far more memory.
 */
export function withoutBareTokens(text: string, as: BareAs): string {
  const bytes = Buffer.from(text)
  const { nan, infinity, minusInfinity } = REPLACEMENTS[as]
  // NaN grows by the largest factor.
  const result = Buffer.allocUnsafe(Math.ceil((bytes.length * nan.length) / NAN.length))
  let isText = false
  let to = 0
  for (let at = 0; at < bytes.length; at++) {
    const code = bytes[at]!
    if (!isText && isToken(bytes, at, NAN)) {
      to = copyBytes(result, to, nan)
      at += NAN.length - 1
    } else if (!isText && infinity && minusInfinity && isToken(bytes, at, INFINITY)) {
      const isNegative = bytes[at - 1] === MINUS
      to = isNegative ? copyBytes(result, to - 1, minusInfinity) : copyBytes(result, to, infinity)
      at += INFINITY.length - 1
    } else {
      if (code === QUOTE) isText = !isText
      result[to++] = code
      // An escaped quote does not end the string.
      if (isText && code === BACKSLASH && ++at < bytes.length) result[to++] = bytes[at]!
    }
  }
  return result.toString('utf8', 0, to)
}

/** Returns the number that an object of `withoutBareTokens` stands for; undefined for any other value. */
export function bareNumber(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const [token, second] = Object.keys(value)
  const isOnly = second === undefined && /^(?:NaN|-?Infinity)$/.test(token ?? '')
  return isOnly ? Number(token) : undefined
}

/** @returns The index behind the copied bytes. */
function copyBytes(target: Buffer, at: number, bytes: Buffer): number {
  for (let index = 0; index < bytes.length; index++) target[at + index] = bytes[index]!
  return at + bytes.length
}

/** Is true if the token begins at this index and is not part of a longer word. */
function isToken(bytes: Buffer, at: number, token: Buffer): boolean {
  for (let index = 0; index < token.length; index++) if (bytes[at + index] !== token[index]) return false
  return !isWordCharacter(bytes[at - 1]) && !isWordCharacter(bytes[at + token.length])
}

function isWordCharacter(code: number | undefined): boolean {
  return code !== undefined && /[\w$]/.test(String.fromCharCode(code))
}
