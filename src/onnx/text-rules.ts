import type { TextRule } from '../core/text-rules.ts'
import { integerOf, readAttributes } from './attributes.ts'
import type { Graph, GraphNode } from './graph.ts'
import { producersOf } from './producers.ts'
import type { Producers } from './producers.ts'
import type { ByteSource } from './wire.ts'

// Classes that RE2 knows for ASCII alone, and Python for Unicode.
const CLASSES = [
  ['letters', /\\[wWbB]/],
  ['digits', /\\[dD]/],
  ['spaces', /\\[sS]/],
] as const

/**
 * Finds the Tokenizers that read some texts otherwise than the library that trained the model, and the inputs that their
 * texts come from.
 *
 * @see https://github.com/onnx/sklearn-onnx, skl2onnx/operator_converters/text_vectoriser.py
 */
export function readTextRules(source: ByteSource, graph: Graph): TextRule[] {
  const tokenizers = graph.nodes.filter(
    ({ domain, operator }) => domain === 'com.microsoft' && operator === 'Tokenizer',
  )
  if (tokenizers.length === 0) return []
  const producers = producersOf(graph)
  const hasPairs = graph.nodes.some((node) => countsPairs(source, node))
  return tokenizers.flatMap((tokenizer) => {
    const pattern = readAttributes(source, tokenizer).get('tokenexp')?.texts[0] ?? ''
    const before = nodesBefore(producers, tokenizer)
    const isLowered = before.some((node) => turnsToLowerCase(source, node))
    const names = new Set([tokenizer, ...before].flatMap(({ inputs }) => inputs))
    const inputs = graph.inputs.filter(({ name }) => names.has(name) && !graph.initializers.has(name))
    const rules = inputs.map(({ name }) => ({ input: name, pattern, hasPairs, isLowered }))
    return kindsOf(pattern).flatMap((kind) => rules.map((rule) => ({ ...rule, kind })))
  })
}

function kindsOf(pattern: string): TextRule['kind'][] {
  if (pattern === '.') return ['characters']
  if (isAsciiWords(pattern)) return ['words']
  const classes = pattern.replaceAll('\\\\', '')
  return CLASSES.filter(([, expression]) => expression.test(classes)).map(([kind]) => kind)
}

/** `[a-zA-Z0-9_]+`, with its ranges in any order. */
function isAsciiWords(pattern: string): boolean {
  const within = /^\(?\[([\w-]+)\]\+\)?$/.exec(pattern)?.[1]
  const ranges = within?.match(/a-z|A-Z|0-9|_/g) ?? []
  return ranges.join('') === within && new Set(ranges).size === 4
}

/** All nodes that a node's inputs are computed by. */
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
  return node.operator === 'TfIdfVectorizer' && integerOf(readAttributes(source, node), 'max_gram_length', 1) > 1
}

function turnsToLowerCase(source: ByteSource, node: GraphNode): boolean {
  if (node.operator !== 'StringNormalizer') return false
  return readAttributes(source, node).get('case_change_action')?.texts[0] === 'LOWER'
}
