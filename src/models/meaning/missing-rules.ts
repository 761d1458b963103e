import { DATA_TYPES } from '../../core/datatypes.ts'
import type { ExampleGaps, Feature, MissingRule } from '../../core/feature.ts'
import { NameIndex } from '../../core/name-index.ts'
import type { Signature } from '../../core/signature.ts'
import type { MissingProofs } from '../../onnx/column-proofs.ts'
import { checkValue } from './feature-values.ts'
import type { Value } from './feature-values.ts'

/**
 * What becomes of a feature's missing values where model.json does not say.
 *
 * @param position Where the feature stands in a row without names.
 */
export type DefaultRule = (
  feature: Pick<Feature, 'name' | 'dataType' | 'input' | 'column'>,
  position: number,
) => MissingRule

const BY_MODEL_JSON = { by: 'model.json', reason: 'model.json says so' } as const

/**
 * What model.json says of a feature's missing values: `nan`, `refuse`, or a value that stands for them. In a feature of
 * strings `nan` is a text like any other, since no string is NaN.
 *
 * @throws Error when it is none of these, or the column cannot hold it.
 */
export function toDeclaredRule(missing: Value, feature: Pick<Feature, 'name' | 'type' | 'dataType'>): MissingRule {
  const { name, type, dataType } = feature
  if (missing === 'refuse') return { rule: 'refuse', ...BY_MODEL_JSON }
  if (missing === 'nan' && type !== 'string') {
    if (DATA_TYPES[dataType].kind === 'float') return { rule: 'nan', ...BY_MODEL_JSON }
    const next = 'give a value for "missing", or "refuse"'
    throw new Error(`model.json: a missing value of feature ${name} cannot be NaN in a column of ${dataType}: ${next}`)
  }
  checkValue(missing, `what stands for a missing value of feature ${name}`, feature, ', "nan" or "refuse"')
  return { rule: 'value', value: missing, ...BY_MODEL_JSON }
}

/** Refuses, since nothing is known of the model. */
export const toUnprovenRule: DefaultRule = ({ dataType }) => {
  const isFloat = DATA_TYPES[dataType].kind === 'float'
  const reason = isFloat ? 'nothing shows that the model handles it' : 'no value stands for it'
  return { rule: 'refuse', by: 'default', reason }
}

/**
 * Lets a column of floats take NaN where a row of examples.json has no value for it, or the graph is proven to handle it.
 *
 * @param gaps What examples.json shows.
 */
export function toDefaultRule({ inputs }: Signature, proofs: MissingProofs, gaps: ExampleGaps): DefaultRule {
  const shown = new NameIndex([...gaps.names])
  return (feature, position) => {
    if (DATA_TYPES[feature.dataType].kind !== 'float') return toUnprovenRule(feature, position)
    if (gaps.positions.has(position) || shown.find(feature.name) !== undefined) {
      return { rule: 'nan', by: 'examples.json', reason: 'a row of examples.json is without it' }
    }
    const columns = proofs.get(inputs[feature.input]!.name) ?? []
    // One proof stands for all columns where their number is free.
    const proof = columns[Math.min(feature.column, columns.length - 1)]
    if (!proof) return toUnprovenRule(feature, position)
    return { rule: proof.isHandled ? 'nan' : 'refuse', by: 'graph', reason: proof.reason }
  }
}
