/** A difference between the Tokenizer of a file and the library that trained the model: some texts are read differently. */
export interface TextRule {
  /** The input with the texts, by its name in the signature. */
  readonly input: string
  readonly pattern: string
  /**
   * The texts that are read differently. `words`: the pattern is `[a-zA-Z0-9_]+`, which skl2onnx writes for scikit-learn's
   * default. `letters`, `digits`, `spaces`: a class of the pattern means ASCII in the file, and Unicode in Python.
   * `characters`: the file counts every space, where scikit-learn takes several as one. `upper`: the file knows the lower
   * case of ASCII alone. `special`: it makes another lower case of a few letters.
   */
  readonly kind: 'words' | 'letters' | 'digits' | 'spaces' | 'characters' | 'upper' | 'special'
  /** True if the model counts pairs or longer runs of words. An additional word then changes the pairs around it. */
  readonly hasPairs: boolean
  /** The letters that the file turns to lower case first. */
  readonly lowers: 'none' | 'ascii' | 'all'
}

// These match the characters that `\w`, `\d` and `\s` match in Python, but not in RE2. For scikit-learn, a run of spaces
// is one space.
const MISREAD: Readonly<Record<Exclude<TextRule['kind'], 'words' | 'special'>, RegExp>> = {
  letters: /(?![\0-\x7f])[\p{L}\p{N}]/u,
  digits: /(?!\d)\p{Nd}/u,
  // oxlint-disable-next-line no-control-regex
  spaces: /[\v\x1c-\x1f\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/u,
  // oxlint-disable-next-line no-control-regex
  characters: /[\s\x1c-\x1f\x85]{2}/u,
  upper: /(?![\0-\x7f])\p{Changes_When_Lowercased}/u,
}
// These letters are not ASCII, but their lower case has a letter of ASCII.
const BECOMES_ASCII = /[\u0130\u212a]/
// In Python, a capital I with a dot becomes two characters, and a sigma at the end of a word becomes another sigma.
const SPECIAL_LOWER_CASE = /\u0130|\u03a3(?!\p{Cased})/u
// oxlint-disable-next-line no-control-regex
const ASCII = /^[\0-\x7f]*$/
const WORDS_OF_FILE = /\w+/g
// The default pattern of scikit-learn finds words of two or more characters.
const WORDS_OF_ORIGINAL = /[\p{L}\p{N}_]{2,}/gu
const MAX_PIECE = 40

/** Returns the first piece of a text that the file reads differently from the original model; undefined if there is none. */
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
    // This is a single character between words, or a word that the file cuts.
    return word?.length === 1 && ASCII.test(text) ? word : (expected ?? word)
  }
  return undefined
}

/** Returns the words that count. No vocabulary has a word of one character, but such a word may stand within a pair. */
function wordsOfFile(text: string, hasPairs: boolean): string[] {
  const words = text.match(WORDS_OF_FILE) ?? []
  return hasPairs
    ? words.slice(words.findIndex(isLongWord), words.findLastIndex(isLongWord) + 1)
    : words.filter(isLongWord)
}

function isLongWord(word: string): boolean {
  return word.length > 1
}

/** Returns the word around an index, cut to fit into a message. */
function pieceAround(text: string, at: number): string {
  const before = text
    .slice(Math.max(0, at - MAX_PIECE / 2), at)
    .split(' ')
    .at(-1)!
  const after = text.slice(at + 1, at + MAX_PIECE / 2).split(' ')[0]!
  return before + text[at]! + after
}
