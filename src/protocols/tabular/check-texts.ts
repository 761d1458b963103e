import type { ModelView } from '../../core/model-view.ts'
import { rowsOf } from '../../core/tensor.ts'
import type { Tensors } from '../../core/tensor.ts'
import { findMisread } from '../../core/text-rules.ts'
import type { TextRule } from '../../core/text-rules.ts'
import { InputProblems } from '../../json/input-problems.ts'
import { joinPath, show } from '../../json/error-texts.ts'

const ALLOW = 'or write "misreadText": "allow" into model.json'
const EXPORT_AGAIN = `export the model again with tools/export_sklearn.py, ${ALLOW}`
const SEND_LOWER_CASE = `send it in lower case, ${ALLOW}`

/**
 * Refuses texts that the file reads differently from the original model. It reads decoded tensors, so it is the same for
 * every protocol. Without rules for texts it does nothing.
 *
 * @throws ServingError INVALID_INPUT with the place of each text, and the next step.
 */
export function checkTexts(inputs: Tensors, model: ModelView): void {
  const problems = new InputProblems()
  for (const rule of model.textRules) checkTensor(rule, inputs, model, problems)
  if (!problems.isEmpty) throw problems.toError()
}

function checkTensor(rule: TextRule, inputs: Tensors, model: ModelView, problems: InputProblems): void {
  const tensor = inputs.get(rule.input)
  for (const [index, text] of tensor?.data.entries() ?? []) {
    const piece = typeof text === 'string' ? findMisread(text, rule) : undefined
    if (problems.isFull) return
    if (piece !== undefined)
      problems.add(pathOf(rule, index, inputs, model), `${describeMisreading(rule, piece)}: ${nextOf(rule)}`)
  }
}

/** Makes a path such as `rows[2].review`. It has the name of the feature, if there is one. */
function pathOf({ input }: TextRule, index: number, inputs: Tensors, { signature, features }: ModelView): string {
  const rows = rowsOf(inputs)
  const width = Math.max(1, inputs.get(input)!.data.length / rows)
  const found = features.find((feature) => {
    return signature.inputs[feature.input]!.name === input && feature.column === index % width
  })
  return joinPath(rows === 1 ? '' : `rows[${Math.floor(index / width)}]`, found?.name ?? input)
}

function nextOf({ kind }: TextRule): string {
  return kind === 'special' || kind === 'upper' ? SEND_LOWER_CASE : EXPORT_AGAIN
}

function describeMisreading({ kind, pattern }: TextRule, piece: string): string {
  const shown = show(piece)
  if (kind === 'characters') return `the file counts every space of ${shown}, where scikit-learn takes several as one`
  if (kind === 'upper') return `the file keeps ${shown} as it is, where scikit-learn makes lower case of it`
  if (kind === 'special') return `the file makes another lower case of ${shown} than Python`
  if (kind !== 'words') return `the file reads ${shown} otherwise than Python: its pattern ${pattern} knows ASCII alone`
  if (piece.length === 1 && piece < '\x7f') {
    return `the file takes ${shown} for a word, where scikit-learn passes over single characters`
  }
  return `the file would cut ${shown} apart, since it knows words of a-z, A-Z, 0-9 and _ alone`
}
