/**
 * Finds the quote that closes a JSON string.
 *
 * @param open Index of the quote that opens the string.
 * @returns The index of the closing quote; -1 if the string does not end.
 */
export function endOfString(text: string, open: number): number {
  let close = text.indexOf('"', open + 1)
  while (isEscaped(text, close)) close = text.indexOf('"', close + 1)
  return close
}

/** A character is escaped if the number of backslashes before it is odd. */
function isEscaped(text: string, at: number): boolean {
  let backslashes = 0
  while (text[at - 1 - backslashes] === '\\') backslashes++
  return backslashes % 2 === 1
}
