import { DATA_TYPES } from '../core/datatypes.ts'
import type { DataKind } from '../core/datatypes.ts'
import type { Feature, FeatureType } from '../core/model-view.ts'
import type { Signature, TensorSpec } from '../core/signature.ts'
import type { ModelPackage } from './package.ts'

type Described = NonNullable<ModelPackage['features']>[number]
type Column = Pick<Feature, 'name' | 'dataType' | 'input' | 'column'>

// What a feature may be declared as, by the kind of its column; the first is the default.
const FEATURE_TYPES: Readonly<Record<DataKind, readonly FeatureType[]>> = {
  float: ['number', 'integer', 'boolean'],
  integer: ['integer', 'boolean'],
  boolean: ['boolean'],
  string: ['string'],
}

/**
 * The named columns of a tabular model: one [rows, n] input, or several [rows, 1] inputs.
 *
 * @returns In column order; empty when the inputs are not tabular.
 * @throws Error when model.json describes other features than the model has.
 */
export function toFeatures(signature: Signature, described: readonly Described[] | undefined): Feature[] {
  const columns = toColumns(signature, described?.length)
  if (!described) return columns.map((column) => ({ ...column, type: defaultType(column) }))
  if (columns.length !== described.length) throw new Error(countMismatch(columns.length, described.length))
  // Where every column is an input with a name of its own, names that are all among them say which is which.
  const byName = new Map(columns.map((column) => [column.name, column]))
  const isNamed = signature.inputs.length > 1 && described.every(({ name }) => byName.has(name))
  return described.map((feature, index) => toFeature(feature, isNamed ? byName.get(feature.name)! : columns[index]!))
}

function toFeature({ name, type, unit, description, example }: Described, column: Column): Feature {
  const allowed = FEATURE_TYPES[DATA_TYPES[column.dataType].kind]
  if (type && !allowed.includes(type)) {
    throw new Error(`model.json: feature ${name} is declared ${type}, but the model's input holds ${column.dataType}`)
  }
  const featureType = type ?? defaultType(column)
  const exampleType = featureType === 'integer' ? 'number' : featureType
  if (example !== undefined && typeof example !== exampleType) {
    throw new Error(`model.json: the example of feature ${name} is no ${featureType}`)
  }
  return {
    ...column,
    name,
    type: featureType,
    ...(unit !== undefined && { unit }),
    ...(description !== undefined && { description }),
    ...(example !== undefined && { example }),
  }
}

function toColumns({ inputs }: Signature, describedCount: number | undefined): Column[] {
  const [first, second] = inputs
  if (!first || !inputs.every(({ shape }) => shape.length === 2)) return []
  if (second) {
    const isTable = inputs.every(({ shape }) => shape[1] === 1)
    return isTable ? inputs.map(({ name, dataType }, input) => ({ name, dataType, input, column: 0 })) : []
  }
  // A free number of columns is whatever model.json says it is.
  const width = first.shape[1] === -1 ? (describedCount ?? 0) : first.shape[1]!
  return Array.from({ length: width }, (_, column) => ({ ...columnName(first, width, column), input: 0, column }))
}

function columnName({ name, dataType }: TensorSpec, width: number, column: number): Pick<Column, 'name' | 'dataType'> {
  return { name: width === 1 ? name : `x${column}`, dataType }
}

function defaultType({ dataType }: Column): FeatureType {
  return FEATURE_TYPES[DATA_TYPES[dataType].kind][0]!
}

function countMismatch(columns: number, described: number): string {
  const has = columns === 0 ? 'inputs that are no table of columns' : `${columns} columns`
  return `model.json: describes ${described} features, but the model has ${has}`
}
