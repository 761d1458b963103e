const MAX_REMEMBERED = 1000
// With more names than this, only their Unicode form is compared.
const MAX_SPELLED = 10_000

/** Rewrites a name so that it equals the name that a converter made of it. Returns undefined if no letter is left. */
type Spelling = (name: string) => string | undefined

// A converter writes an underscore for each character that an identifier cannot have, for a run of them, or for all but
// ASCII. TensorFlow names the first output of a node `name:0`. The strictest spelling comes first.
const SPELLINGS: readonly Spelling[] = [
  (name) => name.normalize('NFC'),
  (name) => withLetter(underscored(name)),
  (name) => withLetter(collapsed(underscored(name))),
  (name) => withLetter(name.normalize('NFC').replace(/[^\da-z]/gi, '_')),
]

/** Finds the known name that a client means. It may be in another Unicode form, or as a converter has written it. */
export class NameIndex {
  readonly #exact: ReadonlyMap<string, number>
  #spelled: readonly ReadonlyMap<string, readonly number[]>[] | undefined
  readonly #remembered = new Map<string, readonly number[]>()

  /** @param names All different. */
  constructor(names: readonly string[]) {
    this.#exact = new Map(names.map((name, index) => [name, index]))
  }

  /** Returns the index of exactly this name. */
  get(name: string): number | undefined {
    return this.#exact.get(name)
  }

  has(name: string): boolean {
    return this.#exact.has(name)
  }

  /** Returns the index of this name, or of the only name that is alike. */
  find(name: string): number | undefined {
    const exact = this.#exact.get(name)
    if (exact !== undefined) return exact
    const [only, second] = this.alike(name)
    return second === undefined ? only : undefined
  }

  /** Returns the indexes of all names that are alike. The strictest spelling with a result decides. */
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

/** Without a letter, the name could stand for any number. */
function withLetter(name: string): string | undefined {
  return /\p{L}/u.test(name) ? name : undefined
}
