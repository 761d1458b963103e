import type { NameIndex } from '../core/name-index.ts'
import { show } from '../json/error-texts.ts'

// Names beyond these limits are not compared, because the time grows with the product of all four.
const MAX_NAMES = 10
const MAX_CANDIDATES = 200
const MAX_LENGTH = 40
const MAX_SHOWN = 5
// A number is no misspelled name. It means that the header is absent.
const NUMBER = /^[+-]?[\d.]+(?:e[+-]?\d+)?$/i

/**
 * Suggests a name of the model for each unknown name. It is the name that is alike, the nearest missing name, or the name
 * in the same place if as many names are unknown as are missing.
 *
 * @param names Names in the request that the model does not have.
 * @param missing Names of the model that were not sent.
 * @param index The names of the model.
 * @param named The features or inputs with these names, by index.
 * @returns A text to add behind "is no feature of this model", for each of the first names. Empty without a suggestion.
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

/** Finds the name with the fewest changes. They may be at most a third of its characters. */
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

/** The Levenshtein distance: the number of characters to insert, remove or replace. */
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
