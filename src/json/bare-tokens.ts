const QUOTE = 34
const BACKSLASH = 92
const MINUS = 45
const NAN = Buffer.from('NaN')
const INFINITY = Buffer.from('Infinity')

/**
 * What stands for a bare token: null for NaN alone, or an object with the token as its only key. No value of a request is an
 * object, so nothing else is mistaken for a token.
 */
export type BareAs = 'null' | 'object'

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
 * Replaces the bare tokens NaN and Infinity, which Python writes and JSON does not have. Text within quotes stays. Text that
 * is no JSON for another reason comes out as no JSON. Bytes are written one after the other: pieces of text would take far
 * more memory where there are millions of tokens.
 */
export function withoutBareTokens(text: string, as: BareAs): string {
  const bytes = Buffer.from(text)
  const { nan, infinity, minusInfinity } = REPLACEMENTS[as]
  // NaN is the token that grows most.
  const result = Buffer.allocUnsafe(Math.ceil((bytes.length * nan.length) / NAN.length))
  let isText = false
  let to = 0
  for (let at = 0; at < bytes.length; at++) {
    const code = bytes[at]!
    if (!isText && isToken(bytes, at, NAN)) {
      to = write(result, to, nan)
      at += NAN.length - 1
    } else if (!isText && infinity && minusInfinity && isToken(bytes, at, INFINITY)) {
      const isNegative = bytes[at - 1] === MINUS
      to = isNegative ? write(result, to - 1, minusInfinity) : write(result, to, infinity)
      at += INFINITY.length - 1
    } else {
      if (code === QUOTE) isText = !isText
      result[to++] = code
      // Whatever is escaped closes nothing.
      if (isText && code === BACKSLASH && ++at < bytes.length) result[to++] = bytes[at]!
    }
  }
  return result.toString('utf8', 0, to)
}

/** NaN or an infinity, where a value is an object that stands for it. */
export function bareNumber(value: unknown): number | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const [token, second] = Object.keys(value)
  const isOnly = second === undefined && /^(?:NaN|-?Infinity)$/.test(token ?? '')
  return isOnly ? Number(token) : undefined
}

function write(target: Buffer, at: number, bytes: Buffer): number {
  for (let index = 0; index < bytes.length; index++) target[at + index] = bytes[index]!
  return at + bytes.length
}

/** True where the token stands here, and is no part of a longer word. */
function isToken(bytes: Buffer, at: number, token: Buffer): boolean {
  for (let index = 0; index < token.length; index++) if (bytes[at + index] !== token[index]) return false
  return !isWord(bytes[at - 1]) && !isWord(bytes[at + token.length])
}

/** Of such bytes a longer word is made, which is no JSON. */
function isWord(code: number | undefined): boolean {
  return code !== undefined && /[\w$]/.test(String.fromCharCode(code))
}
