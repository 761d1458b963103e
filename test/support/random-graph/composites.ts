import type { Constant, Node } from '../graph-writer.ts'
import { axisOf, hasRank, ints, isText, node, toFloat } from './draft.ts'
import type { Drafter, Maker } from './draft.ts'
import { pick } from './random.ts'

// Several nodes that chance alone would hardly put together.

const WORDS = { mark: 0, mincharnum: 1, pad_value: '#', separators: [' '] }

function tokenizer(input: string, output: string): Node {
  return node('Tokenizer', [input], output, WORDS, 'com.microsoft')
}

/** Words of padded rows, through an If or another shape, counted in pairs. */
export const countPadded: Drafter = ({ random, name, value }) => {
  const [x, words, moved, output] = [value(isText), name(), name(), name()]
  const branch = (made: string) => ({
    graph: { nodes: [tokenizer(x.name, made)], inputs: [], outputs: [{ name: made, type: 'inferred' as const }] },
  })
  const constants: Record<string, Constant> = {
    [`${words}k`]: { shape: [2], values: [1, 1] },
    [`${words}z`]: { shape: [], values: [1], type: 'int64' },
    [`${moved}s`]: ints(pick(random, [[0, -1], [-1, 2], [-1]])),
  }
  const branches = { then_branch: branch(`${words}t`), else_branch: branch(`${words}e`) }
  const made =
    random(2) === 0
      ? [tokenizer(x.name, words)]
      : [
          node('NonZero', [`${words}k`], `${words}n`),
          node('Size', [`${words}n`], `${words}s`),
          node('Greater', [`${words}s`, `${words}z`], `${words}c`),
          node('If', [`${words}c`], words, branches),
        ]
  const move = pick(random, [
    [node('Flatten', [words], moved)],
    [node('Reshape', [words, `${moved}s`], moved)],
    [node('Identity', [words], moved)],
  ])
  const attributes = {
    max_gram_length: 2,
    min_gram_length: 1,
    max_skip_count: 0,
    mode: 'TF',
    ngram_counts: [0, 1],
    ngram_indexes: [0, 1],
    pool_strings: pick(random, [
      ['a', 'b'],
      ['#', 'b'],
      ['b', 'c'],
    ]),
  }
  return { nodes: [...made, ...move, node('TfIdfVectorizer', [moved], output, attributes)], constants, output }
}

/** A constant of which the file does not tell how long it is, or one that is empty. */
function elusive(
  { random }: Maker,
  made: string,
  rows: string,
): { nodes: Node[]; constants: Record<string, Constant> } {
  const constants: Record<string, Constant> = {
    [`${made}k`]: { shape: [12], values: Array.from({ length: 12 }, () => 1) },
    [`${made}o`]: ints([pick(random, [-1, 0])]),
    [`${made}z`]: ints([0]),
  }
  const found = node('NonZero', [`${made}k`], `${made}n`)
  const target = node('Concat', [rows, `${made}o`], `${made}t`, { axis: 0 })
  const kinds: readonly (readonly Node[])[] = [
    [found, target, node('Reshape', [`${made}n`, `${made}t`], made)],
    [found, node('Slice', [`${made}n`, `${made}z`, rows, `${made}o`], made)],
    [target, node('ConstantOfShape', [`${made}t`], made)],
  ]
  return { nodes: [...pick(random, kinds)], constants }
}

/** Cuts or shifts a value by what such a constant became under the number of rows. */
export const byElusive: Drafter = (maker) => {
  const { random, name, value } = maker
  const [x, rows, made, output] = [value(hasRank(1, 2, 3)), name(), name(), name()]
  const first = [node('Shape', [x.name], `${rows}s`), node('Slice', [`${rows}s`, `${rows}z`, `${rows}o`], rows)]
  const { nodes, constants } = elusive(maker, made, rows)
  const all: Record<string, Constant> = { ...constants, [`${rows}z`]: ints([0]), [`${rows}o`]: ints([1]) }
  if (random(2) === 0) {
    const last = [
      toFloat(made, `${made}f`),
      node('ReduceMax', [`${made}f`], `${made}m`, { keepdims: 0 }),
      node('Add', [x.name, `${made}m`], output),
    ]
    return { nodes: [...first, ...nodes, ...last], constants: all, output }
  }
  const last = [
    node('Shape', [made], `${made}s`),
    node('Slice', [`${made}s`, `${rows}z`, `${rows}o`], `${made}e`),
    node('Slice', [x.name, `${rows}z`, `${made}e`, `${made}a`], output),
  ]
  return {
    nodes: [...first, ...nodes, ...last],
    constants: { ...all, [`${made}a`]: ints([axisOf(random, x)]) },
    output,
  }
}
