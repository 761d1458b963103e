/** How the file of a model reads texts otherwise than the library that trained it, by the pattern of its Tokenizer. */
export interface TextRule {
  /** The input with the texts, by its name in the signature. */
  readonly input: string
  readonly pattern: string
  /**
   * Which texts are read otherwise. `words`: the pattern is `[a-zA-Z0-9_]+`, which skl2onnx writes for scikit-learn's
   * default. `letters`, `digits`, `spaces`: a class of the pattern means ASCII in the file, and Unicode in Python.
   * `characters`: the file counts every space, where scikit-learn takes several as one. `upper`: the file knows the lower
   * case of ASCII alone. `special`: it makes another lower case of a few letters.
   */
  readonly kind: 'words' | 'letters' | 'digits' | 'spaces' | 'characters' | 'upper' | 'special'
  /** The model counts pairs or longer runs of words, so that a word too many changes what is next to each other. */
  readonly hasPairs: boolean
  /** Which letters the file turns to lower case first. */
  readonly lowers: 'none' | 'ascii' | 'all'
}

// What `\w`, `\d` and `\s` of Python match beyond those of RE2. A run of spaces is one space to scikit-learn.
const MISREAD: Readonly<Record<Exclude<TextRule['kind'], 'words' | 'special'>, RegExp>> = {
  letters: /(?![\0-\x7f])[\p{L}\p{N}]/u,
  digits: /(?!\d)\p{Nd}/u,
  // oxlint-disable-next-line no-control-regex
  spaces: /[\v\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/u,
  // oxlint-disable-next-line no-control-regex
  characters: /[\s\x1c-\x1f\x85]{2}/u,
  upper: /(?![\0-\x7f])\p{Changes_When_Lowercased}/u,
}
// The letters beyond ASCII whose lower case has a letter of ASCII.
const BECOMES_ASCII = /[\u0130\u212a]/
// A capital I with a dot becomes two characters in Python, and a sigma at the end of a word another sigma.
const SPECIAL_LOWER_CASE = /\u0130|\u03a3(?!\p{Cased})/u
// oxlint-disable-next-line no-control-regex
const ASCII = /^[\0-\x7f]*$/
const WORDS_OF_FILE = /\w+/g
// The default pattern of scikit-learn: words of two characters or more.
const WORDS_OF_ORIGINAL = /[\p{L}\p{N}_]{2,}/gu
const MAX_PIECE = 40

/** The first piece of a text that the file reads otherwise than the original; undefined where it reads all alike. */
export function findMisread(text: string, rule: TextRule): string | undefined {
  if (rule.kind === 'words') return findMisreadWord(text, rule)
  const at = text.search(expressionOf(rule.kind, rule.lowers))
  if (at === -1) return undefined
  return rule.kind === 'characters' ? text.slice(Math.max(0, at - 10), at + 10) : pieceAround(text, at)
}

function expressionOf(kind: Exclude<TextRule['kind'], 'words'>, lowers: TextRule['lowers']): RegExp {
  if (kind !== 'special') return MISREAD[kind]
  return lowers === 'all' ? SPECIAL_LOWER_CASE : BECOMES_ASCII
}

function findMisreadWord(text: string, { hasPairs, lowers }: TextRule): string | undefined {
  if (!hasPairs && ASCII.test(text)) return undefined
  const isLowered = lowers !== 'none'
  const read = wordsOfFile(text, hasPairs)
  const original = (isLowered ? text.toLowerCase() : text).match(WORDS_OF_ORIGINAL) ?? []
  const count = Math.max(read.length, original.length)
  for (let index = 0; index < count; index++) {
    const [word, expected] = [read[index], original[index]]
    if ((isLowered ? word?.toLowerCase() : word) === expected) continue
    // A single character between words, or a word that is cut apart.
    return word?.length === 1 && ASCII.test(text) ? word : (expected ?? word)
  }
  return undefined
}

/** The words that count: one of a single character is in no vocabulary, but it may stand between two that are. */
function wordsOfFile(text: string, hasPairs: boolean): string[] {
  const words = text.match(WORDS_OF_FILE) ?? []
  return hasPairs ? words.slice(words.findIndex(isLong), words.findLastIndex(isLong) + 1) : words.filter(isLong)
}

function isLong(word: string): boolean {
  return word.length > 1
}

/** What stands between spaces around an index, as much as fits into a message. */
function pieceAround(text: string, at: number): string {
  const before = text
    .slice(Math.max(0, at - MAX_PIECE / 2), at)
    .split(' ')
    .at(-1)!
  const after = text.slice(at + 1, at + MAX_PIECE / 2).split(' ')[0]!
  return before + text[at]! + after
}
