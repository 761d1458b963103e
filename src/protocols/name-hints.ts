import type { NameIndex } from '../core/name-index.ts'
import { show } from '../json/error-texts.ts'

// Names beyond these are not compared: the time grows with the product of all four.
const MAX_NAMES = 10
const MAX_CANDIDATES = 200
const MAX_LENGTH = 40
const MAX_SHOWN = 5
// A number is no misspelled name: a header was left out.
const NUMBER = /^[+-]?[\d.]+(?:e[+-]?\d+)?$/i

/**
 * Pairs each name that is unknown with the one that was expected: the names that it is alike, the nearest that is missing, or
 * the one in its place where as many names are unknown as are missing.
 *
 * @param names Names that were sent and are none of the model's.
 * @param missing Names of the model that were not sent.
 * @param index The names of the model.
 * @param named What has these names, by index.
 * @returns What to say behind "is no feature of this model", for each of the first names; empty where nothing is known.
 */
export function hintsFor(
  names: readonly string[],
  missing: readonly string[],
  index: NameIndex,
  named: readonly { readonly name: string }[],
): string[] {
  const left = new Set(missing.slice(0, MAX_CANDIDATES))
  const hints = names.slice(0, MAX_NAMES).map((name) => {
    const alike = index.alike(name).slice(0, MAX_SHOWN)
    if (alike.length > 0) return `: expected ${alike.map((at) => show(named[at]!.name)).join(' or ')}`
    const near = NUMBER.test(name) ? undefined : nearest(name, left)
    if (near === undefined) return ''
    left.delete(near)
    return `: did you mean ${show(near)}?`
  })
  const rest = names.length === missing.length ? left.values() : undefined
  return hints.map((hint, at) => {
    const expected = hint === '' && !NUMBER.test(names[at]!) ? rest?.next().value : undefined
    return expected === undefined ? hint : `: expected ${show(expected)}`
  })
}

/** The name that takes the fewest changes, where these are a third of its characters at most. */
function nearest(name: string, candidates: Iterable<string>): string | undefined {
  if (name.length > MAX_LENGTH) return undefined
  let found: string | undefined
  let fewest = Math.max(1, Math.floor(name.length / 3)) + 1
  for (const candidate of candidates) {
    if (candidate.length > MAX_LENGTH) continue
    const changes = distance(name.toLowerCase(), candidate.toLowerCase())
    if (changes >= fewest) continue
    fewest = changes
    found = candidate
  }
  return found
}

/** How many characters must be inserted, removed or replaced, after Levenshtein. */
function distance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column)
  for (let row = 1; row <= a.length; row++) {
    const current = [row]
    for (let column = 1; column <= b.length; column++) {
      const replaced = previous[column - 1]! + (a[row - 1] === b[column - 1] ? 0 : 1)
      current.push(Math.min(replaced, previous[column]! + 1, current[column - 1]! + 1))
    }
    previous = current
  }
  return previous[b.length]!
}
