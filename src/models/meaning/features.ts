import { DATA_TYPES } from '../../core/datatypes.ts'
import type { DataKind } from '../../core/datatypes.ts'
import type { Feature, FeatureType } from '../../core/feature.ts'
import type { Signature, TensorSpec } from '../../core/signature.ts'
import { checkFeatureValue, toFeatureValue } from './feature-values.ts'
import { toDeclaredRule, toUnprovenRule } from './missing-rules.ts'
import type { DefaultRule } from './missing-rules.ts'
import type { ModelJson } from '../files/model-json.ts'

// Each column takes memory for its name, also in every answer that lists the features.
const MAX_FEATURES = 100_000

type Described = NonNullable<ModelJson['features']>[number]
type Column = Pick<Feature, 'name' | 'dataType' | 'input' | 'column'>

/** The types that a feature may have, by the kind of its column. The first is the default. */
export const FEATURE_TYPES: Readonly<Record<DataKind, readonly FeatureType[]>> = {
  float: ['number', 'integer', 'boolean', 'date', 'datetime'],
  integer: ['integer', 'boolean', 'date', 'datetime'],
  boolean: ['boolean'],
  string: ['string', 'date', 'datetime'],
}

/**
 * Finds the named columns of a tabular model. It has one input [rows, n], or several inputs [rows, 1].
 *
 * @param described The features in model.json.
 * @param named Names in the metadata of the file, for the columns of its only input.
 * @param toDefault Returns the rule for missing values of a feature for which model.json has none.
 * @returns In column order. Empty if the inputs are not tabular, or have more than 100,000 columns.
 * @throws Error if model.json describes other features than the model has.
 */
export function toFeatures(
  signature: Signature,
  described: readonly Described[] | undefined,
  named: readonly string[] = [],
  toDefault: DefaultRule = toUnprovenRule,
): Feature[] {
  const columns = toColumns(signature, described?.length ?? named.length).map((column, index, all) => {
    return signature.inputs.length === 1 && named.length === all.length ? { ...column, name: named[index]! } : column
  })
  if (!described) {
    return columns.map((column, position) => {
      return { ...column, type: defaultType(column), missing: toDefault(column, position) }
    })
  }
  if (columns.length !== described.length) throw new Error(countMismatch(signature, columns.length, described.length))
  // If each column is an input of its own, model.json may name the inputs in any order.
  const byName = new Map(columns.map((column) => [column.name, column]))
  const isNamed = signature.inputs.length > 1 && described.every(({ name }) => byName.has(name))
  return described.map((feature, position) => {
    const { name } = feature
    const column = { ...(isNamed ? byName.get(name)! : columns[position]!), name }
    const declared = toFeatureValue(feature.missing, column)
    const type = toType(feature, column)
    const missing = declared === undefined ? toDefault(column, position) : toDeclaredRule(declared, { ...column, type })
    return toFeature({ ...feature, type, missing }, column)
  })
}

/** @throws Error if model.json declares a type that the column cannot hold. */
function toType({ name, type }: Described, column: Column): FeatureType {
  const allowed = FEATURE_TYPES[DATA_TYPES[column.dataType].kind]
  if (type && !allowed.includes(type)) {
    throw new Error(`model.json: feature ${name} is declared ${type}, but the model's input holds ${column.dataType}`)
  }
  const featureType = type ?? defaultType(column)
  if (featureType === 'datetime' && ['float32', 'float16'].includes(column.dataType)) {
    throw new Error(
      `model.json: feature ${name} is a datetime, and seconds do not fit into ${column.dataType}: export with float64`,
    )
  }
  return featureType
}

function toFeature(described: Omit<Described, 'missing'> & Pick<Feature, 'type' | 'missing'>, column: Column): Feature {
  const { name, type } = described
  const example = toFeatureValue(described.example, column)
  if (example !== undefined) checkFeatureValue(example, `"example" of feature ${name}`, { ...column, type })
  return { ...column, ...withoutUndefined({ ...described, example }) }
}

type Given<T> = { [K in keyof T]: Exclude<T[K], undefined> }

function withoutUndefined<T extends object>(values: T): Given<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Given<T>
}

function toColumns({ inputs }: Signature, describedCount: number | undefined): Column[] {
  const [first, second] = inputs
  if (!first || !inputs.every(({ shape }) => shape.length === 2)) return []
  if (second) {
    const isTable = inputs.every(({ shape }) => shape[1] === 1)
    return isTable ? inputs.map(({ name, dataType }, input) => ({ name, dataType, input, column: 0 })) : []
  }
  // If the number of columns is free, model.json decides it.
  const width = first.shape[1] === -1 ? (describedCount ?? 0) : first.shape[1]!
  if (width > MAX_FEATURES) return []
  return Array.from({ length: width }, (_, column) => ({ ...columnName(first, width, column), input: 0, column }))
}

function columnName({ name, dataType }: TensorSpec, width: number, column: number): Pick<Column, 'name' | 'dataType'> {
  return { name: width === 1 ? name : `x${column}`, dataType }
}

function defaultType({ dataType }: Column): FeatureType {
  return FEATURE_TYPES[DATA_TYPES[dataType].kind][0]!
}

function countMismatch(signature: Signature, columns: number, described: number): string {
  const none = wideInputText(signature) ?? 'the model has inputs that are no table of columns'
  const has = columns === 0 ? none : `the model has ${columns} columns`
  return `model.json: describes ${described} features, but ${has}`
}

/** Says that a table has too many columns for features; undefined if it has not. */
export function wideInputText({ inputs: [first, second] }: Signature): string | undefined {
  if (!first || second || first.shape.length !== 2 || first.shape[1]! <= MAX_FEATURES) return undefined
  return `input ${first.name} has ${first.shape[1]} columns, more than ${MAX_FEATURES}: it takes tensors only, and no records`
}
