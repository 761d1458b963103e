const MAX_REMEMBERED = 1000
// More names are too many to hold in every spelling.
const MAX_SPELLED = 10_000

/** A way to write names, in which those that a converter has changed are equal; undefined where too little is left. */
type Spelling = (name: string) => string | undefined

// Converters write an underscore for each character that no identifier has, for runs of them, or for all but ASCII.
// Those of TensorFlow name the first output of a node `name:0`. The strictest spelling comes first.
const SPELLINGS: readonly Spelling[] = [
  (name) => name.normalize('NFC'),
  (name) => withLetter(underscored(name)),
  (name) => withLetter(collapsed(underscored(name))),
  (name) => withLetter(name.normalize('NFC').replace(/[^\da-z]/gi, '_')),
]

/**
 * Finds known names by what clients call them: exactly so, in another Unicode form, or as a converter has written them.
 */
export class NameIndex {
  readonly #exact: ReadonlyMap<string, number>
  #spelled: readonly ReadonlyMap<string, readonly number[]>[] | undefined
  readonly #remembered = new Map<string, readonly number[]>()

  /** @param names Each once. */
  constructor(names: readonly string[]) {
    this.#exact = new Map(names.map((name, index) => [name, index]))
  }

  /** The index of exactly this name. */
  get(name: string): number | undefined {
    return this.#exact.get(name)
  }

  has(name: string): boolean {
    return this.#exact.has(name)
  }

  /** The index of this name, or of the only one that is alike. */
  find(name: string): number | undefined {
    const exact = this.#exact.get(name)
    if (exact !== undefined) return exact
    const [only, second] = this.alike(name)
    return second === undefined ? only : undefined
  }

  /** The indexes of all names that are alike, in the strictest spelling in which there are any. */
  alike(name: string): readonly number[] {
    const remembered = this.#remembered.get(name)
    if (remembered) return remembered
    const found = this.#search(name)
    if (this.#remembered.size >= MAX_REMEMBERED) this.#remembered.clear()
    this.#remembered.set(name, found)
    return found
  }

  #search(name: string): readonly number[] {
    this.#spelled ??= this.#spellAll()
    for (const [level, spelled] of this.#spelled.entries()) {
      const found = spelled.get(SPELLINGS[level]!(name) ?? '')
      if (found) return found
    }
    return []
  }

  #spellAll(): ReadonlyMap<string, readonly number[]>[] {
    const isTooMany = this.#exact.size > MAX_SPELLED
    return (isTooMany ? SPELLINGS.slice(0, 1) : SPELLINGS).map((spelling) => {
      const spelled = new Map<string, number[]>()
      for (const [name, index] of this.#exact) {
        const text = spelling(name)
        const same = text === undefined ? undefined : spelled.get(text)
        if (same) same.push(index)
        else if (text !== undefined) spelled.set(text, [index])
      }
      return spelled
    })
  }
}

function underscored(name: string): string {
  return name
    .normalize('NFC')
    .replace(/:\d+$/, '')
    .replace(/[^\p{L}\p{N}]/gu, '_')
}

function collapsed(name: string): string {
  return name.replace(/_+/g, '_').replace(/^_|_$/g, '')
}

/** Without a letter it may be any number. */
function withLetter(name: string): string | undefined {
  return /\p{L}/u.test(name) ? name : undefined
}
