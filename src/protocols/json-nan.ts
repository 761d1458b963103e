const QUOTE = 34
const BACKSLASH = 92
const NAN = Buffer.from('NaN')
const NULL = Buffer.from('null')

/**
 * Text with null for every bare NaN; strings keep theirs. What is no JSON comes out as what is none. Bytes are written one
 * after the other: pieces of text would take far more memory where there are millions.
 */
export function withoutNan(text: string): string {
  const bytes = Buffer.from(text)
  const result = Buffer.allocUnsafe(Math.ceil((bytes.length * NULL.length) / NAN.length))
  let isText = false
  let to = 0
  for (let at = 0; at < bytes.length; at++) {
    const code = bytes[at]!
    if (!isText && code === NAN[0] && isNan(bytes, at)) {
      for (const each of NULL) result[to++] = each
      at += NAN.length - 1
      continue
    }
    if (code === QUOTE) isText = !isText
    result[to++] = code
    // Whatever is escaped closes nothing.
    if (isText && code === BACKSLASH && ++at < bytes.length) result[to++] = bytes[at]!
  }
  return result.toString('utf8', 0, to)
}

function isNan(bytes: Buffer, at: number): boolean {
  return bytes[at + 1] === NAN[1] && bytes[at + 2] === NAN[2] && !isWord(bytes[at - 1]) && !isWord(bytes[at + 3])
}

/** Of such bytes a longer word is made, which is no JSON. */
function isWord(code: number | undefined): boolean {
  return code !== undefined && /[\w$]/.test(String.fromCharCode(code))
}
