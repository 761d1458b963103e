import type { Constant } from '../graph-writer.ts'
import { axisOf, isText, node, toFloat } from './draft.ts'
import type { Drafter } from './draft.ts'
import { pick } from './random.ts'

// Operators on texts. A Tokenizer fills its rows up to the longest of the run.

const MICROSOFT = 'com.microsoft'

export const tokenize: Drafter = ({ random, name, value }) => {
  const output = name()
  const words = { mark: random(2), mincharnum: 1, pad_value: '#', separators: [' '] }
  return { nodes: [node('Tokenizer', [value(isText).name], output, words, MICROSOFT)], output }
}

/** Counts words, and mostly pairs of neighbours. */
export const countWords: Drafter = ({ random, name, value }) => {
  const output = name()
  const isPairs = random(3) > 0
  const attributes = {
    max_gram_length: isPairs ? 2 : 1,
    min_gram_length: 1,
    max_skip_count: random(2),
    mode: pick(random, ['TF', 'IDF', 'TFIDF']),
    ngram_counts: isPairs ? [0, 1] : [0],
    ngram_indexes: isPairs ? [0, 1] : [0, 1, 2],
    pool_strings: isPairs ? ['b', pick(random, ['b', '#', 'a']), 'c'] : ['a', 'b', '#'],
  }
  return { nodes: [node('TfIdfVectorizer', [value(isText).name], output, attributes)], output }
}

/** Removes words, where it is told any: what is left has fewer rows. */
export const normalizeWords: Drafter = ({ random, name, value }) => {
  const output = name()
  const stopwords = random(3) === 0 ? { stopwords: ['b'] } : {}
  const attributes = { case_change_action: 'UPPER', is_case_sensitive: 1, ...stopwords }
  return { nodes: [node('StringNormalizer', [value(isText).name], output, attributes)], output }
}

export const labelWords: Drafter = ({ name, value }) => {
  const [labels, output] = [name(), name()]
  const attributes = { classes_strings: ['a', 'b', '#'], default_int64: -1 }
  return {
    nodes: [node('LabelEncoder', [value(isText).name], labels, attributes, 'ai.onnx.ml'), toFloat(labels, output)],
    output,
  }
}

/** Brings words into another order of axes, or another shape, in which operators on texts see them. */
export const moveWords: Drafter = ({ random, name, value }) => {
  const [x, target, output] = [value(isText), name(), name()]
  const list = (values: readonly number[]): Constant => ({ shape: [values.length], values, type: 'int64' })
  const axis = axisOf(random, x)
  const kind = random(4)
  if (kind === 0) return { nodes: [node('Flatten', [x.name], output, { axis: random(x.shape.length + 1) })], output }
  if (kind === 1) return { nodes: [node('Transpose', [x.name], output)], output }
  if (kind === 2) return { nodes: [node('Concat', [x.name, x.name], output, { axis })], output }
  const targets = [[-1], [0, -1], [-1, 2], [1, -1], [0, 1, -1], [-1, 1]]
  return {
    nodes: [node('Reshape', [x.name, target], output)],
    constants: { [target]: list(pick(random, targets)) },
    output,
  }
}
