import { DATA_TYPES } from '../../core/datatypes.ts'
import type { ExampleGaps, Feature, MissingRule } from '../../core/feature.ts'
import { NameIndex } from '../../core/name-index.ts'
import type { Signature } from '../../core/signature.ts'
import type { MissingProofs } from '../../onnx/column-proofs.ts'
import { checkFeatureValue } from './feature-values.ts'
import type { FeatureValue } from './feature-values.ts'

/**
 * Returns the rule for missing values of a feature for which model.json has none.
 *
 * @param position Position of the feature in a row without names.
 */
export type DefaultRule = (
  feature: Pick<Feature, 'name' | 'dataType' | 'input' | 'column'>,
  position: number,
) => MissingRule

const BY_MODEL_JSON = { by: 'model.json', reason: 'model.json says so' } as const

/**
 * Turns `missing` of model.json into a rule. It is `nan`, `refuse`, or a value that replaces a missing one. In a feature
 * of strings `nan` is a text like any other, because no string is NaN.
 *
 * @throws Error if it is a value of another type, or if the column cannot hold it.
 */
export function toDeclaredRule(
  missing: FeatureValue,
  feature: Pick<Feature, 'name' | 'type' | 'dataType'>,
): MissingRule {
  const { name, type, dataType } = feature
  if (missing === 'refuse') return { rule: 'refuse', ...BY_MODEL_JSON }
  if (missing === 'nan' && type !== 'string') {
    if (DATA_TYPES[dataType].kind === 'float') return { rule: 'nan', ...BY_MODEL_JSON }
    const next = 'give a value for "missing", or "refuse"'
    throw new Error(`model.json: a missing value of feature ${name} cannot be NaN in a column of ${dataType}: ${next}`)
  }
  checkFeatureValue(missing, `"missing" of feature ${name}`, feature, ', "nan" or "refuse"')
  return { rule: 'value', value: missing, ...BY_MODEL_JSON }
}

/** The rule if nothing is known about the model: missing values are refused. */
export const toUnprovenRule: DefaultRule = ({ dataType }) => {
  const isFloat = DATA_TYPES[dataType].kind === 'float'
  const reason = isFloat ? 'nothing shows that the model handles it' : 'no value stands for it'
  return { rule: 'refuse', by: 'default', reason }
}

/**
 * Makes the rules of a model. A column of floats takes NaN if a row of examples.json has no value for it, or if the graph
 * is proven to handle NaN.
 *
 * @param gaps The features without a value in some row of examples.json.
 */
export function toDefaultRule({ inputs }: Signature, proofs: MissingProofs, gaps: ExampleGaps): DefaultRule {
  const shown = new NameIndex([...gaps.names])
  return (feature, position) => {
    if (DATA_TYPES[feature.dataType].kind !== 'float') return toUnprovenRule(feature, position)
    if (gaps.positions.has(position) || shown.find(feature.name) !== undefined) {
      return { rule: 'nan', by: 'examples.json', reason: 'a row of examples.json is without it' }
    }
    const columns = proofs.get(inputs[feature.input]!.name) ?? []
    // If the number of columns is free, one proof holds for all of them.
    const proof = columns[Math.min(feature.column, columns.length - 1)]
    if (!proof) return toUnprovenRule(feature, position)
    return { rule: proof.isHandled ? 'nan' : 'refuse', by: 'graph', reason: proof.reason }
  }
}
