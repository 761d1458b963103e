import { invalid } from './input-problems.ts'
import { endOfString } from './string-ends.ts'

// JSON.parse has no limits: a body of a few megabytes may hold so many arrays and objects that they fill the memory.

const MAX_DEPTH = 1000
// An array or object takes about sixty bytes of memory, but only two bytes of text.
const MAX_CONTAINERS = 2 ** 20
// Parsing a shorter text is cheap, however it is nested.
const MIN_CHECKED_LENGTH = 2 ** 16

const QUOTE = 34
const OPEN_ARRAY = 91
const CLOSE_ARRAY = 93
const OPEN_OBJECT = 123
const CLOSE_OBJECT = 125

/**
 * Checks the limits on nesting and on the number of arrays and objects before the text is parsed. The text need not be
 * valid JSON.
 *
 * @throws ServingError INVALID_INPUT if the text exceeds a limit.
 */
export function checkStructure(text: string): void {
  if (text.length <= MIN_CHECKED_LENGTH || (isRare(text, '[') && isRare(text, '{'))) return
  let depth = 0
  let containers = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code === QUOTE) {
      at = endOfString(text, at)
      if (at === -1) return
    } else if (code === OPEN_ARRAY || code === OPEN_OBJECT) {
      depth++
      containers++
    } else if (code === CLOSE_ARRAY || code === CLOSE_OBJECT) depth--
    if (depth > MAX_DEPTH) throw invalid('', `expected at most ${MAX_DEPTH} nested arrays and objects`)
    if (containers > MAX_CONTAINERS) throw invalid('', `expected at most ${MAX_CONTAINERS} arrays and objects`)
  }
}

/** Is true if the text has too few of these characters to exceed a limit. `indexOf` skips numbers at no cost. */
function isRare(text: string, character: string): boolean {
  let left = MAX_DEPTH / 2
  for (let at = text.indexOf(character); at !== -1 && left > 0; at = text.indexOf(character, at + 1)) left--
  return left > 0
}
