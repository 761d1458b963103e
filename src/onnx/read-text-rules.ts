import type { TextRule } from '../core/text-rules.ts'
import { placeAttributes, textsIn } from './attribute-lists.ts'
import { integerOf, readAttributes } from './attributes.ts'
import type { Graph, GraphNode } from './graph.ts'
import { producersOf } from './producers.ts'
import type { Producers } from './producers.ts'
import type { ByteSource } from './wire.ts'

// Classes of characters that mean ASCII in RE2, and Unicode in Python.
const CLASSES = [
  ['letters', /\\[wWbB]/],
  ['digits', /\\[dD]/],
  ['spaces', /\\[sS]/],
] as const

/**
 * Finds the Tokenizers that read some texts differently from the library that trained the model, and the inputs that
 * their texts come from.
 *
 * @see https://github.com/onnx/sklearn-onnx, skl2onnx/operator_converters/text_vectoriser.py
 */
export function readTextRules(source: ByteSource, graph: Graph): TextRule[] {
  const tokenizers = graph.nodes.filter(
    ({ domain, operator }) => domain === 'com.microsoft' && operator === 'Tokenizer',
  )
  if (tokenizers.length === 0) return []
  const producers = producersOf(graph)
  const counters = graph.nodes.filter(({ operator }) => operator === 'TfIdfVectorizer')
  const hasPairs = counters.some((node) => countsPairs(source, node))
  return tokenizers.flatMap((tokenizer) => {
    const pattern = readAttributes(source, tokenizer).get('tokenexp')?.texts[0] ?? ''
    const before = nodesBefore(producers, tokenizer)
    const lowers = loweringOf(source, before)
    const names = new Set([tokenizer, ...before].flatMap(({ inputs }) => inputs))
    const inputs = graph.inputs.filter(({ name }) => names.has(name) && !graph.initializers.has(name))
    const rules = inputs.map(({ name }) => ({ input: name, pattern, hasPairs, lowers }))
    const kinds = kindsOf(pattern)
    const isUpper = (): boolean => counters.some((node) => hasForeignWords(source, node))
    if (lowers !== 'none') kinds.push(lowers === 'ascii' && !refusesLetters(kinds) && isUpper() ? 'upper' : 'special')
    return kinds.flatMap((kind) => rules.map((rule) => ({ ...rule, kind })))
  })
}

function kindsOf(pattern: string): TextRule['kind'][] {
  if (pattern === '.') return ['characters']
  if (isAsciiWords(pattern)) return ['words']
  const classes = pattern.replaceAll('\\\\', '')
  return CLASSES.filter(([, expression]) => expression.test(classes)).map(([kind]) => kind)
}

function refusesLetters(kinds: readonly TextRule['kind'][]): boolean {
  return kinds.includes('words') || kinds.includes('letters')
}

/** True for `[a-zA-Z0-9_]+` with its ranges in any order. */
function isAsciiWords(pattern: string): boolean {
  const within = /^\(?\[([\w-]+)\]\+\)?$/.exec(pattern)?.[1]
  const ranges = within?.match(/a-z|A-Z|0-9|_/g) ?? []
  return ranges.join('') === within && new Set(ranges).size === 4
}

/** Finds all nodes that compute the inputs of a node, directly or not. */
function nodesBefore(producers: Producers, node: GraphNode): GraphNode[] {
  const found = new Set<GraphNode>()
  const waiting = [node]
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    for (const name of next.inputs) {
      const producer = producers.get(name)
      if (!producer || found.has(producer)) continue
      found.add(producer)
      waiting.push(producer)
    }
  }
  return [...found]
}

function countsPairs(source: ByteSource, node: GraphNode): boolean {
  return integerOf(readAttributes(source, node), 'max_gram_length', 1) > 1
}

/** True if a vocabulary has words with characters beyond ASCII. */
function hasForeignWords(source: ByteSource, node: GraphNode): boolean {
  const pool = placeAttributes(source, node).get('pool_strings')
  // oxlint-disable-next-line no-control-regex
  for (const word of pool ? textsIn(source, pool) : []) if (!/^[\0-\x7f]*$/.test(word)) return true
  return false
}

/** In the locale C only letters of ASCII have a lower case. */
function loweringOf(source: ByteSource, nodes: readonly GraphNode[]): TextRule['lowers'] {
  for (const node of nodes) {
    if (node.operator !== 'StringNormalizer') continue
    const attributes = readAttributes(source, node)
    if (attributes.get('case_change_action')?.texts[0] !== 'LOWER') continue
    return /^(C|POSIX)$/.test(attributes.get('locale')?.texts[0] ?? '') ? 'ascii' : 'all'
  }
  return 'none'
}
