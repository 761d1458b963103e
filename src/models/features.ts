import { DATA_TYPES } from '../core/datatypes.ts'
import type { DataKind, DataType } from '../core/datatypes.ts'
import { daysOf, secondsOf } from '../core/dates.ts'
import type { Feature, FeatureType } from '../core/model-view.ts'
import type { Signature, TensorSpec } from '../core/signature.ts'
import type { ModelPackage } from './package.ts'

// Each column takes memory for its name, in every answer that lists them too.
const MAX_FEATURES = 100_000

type Described = NonNullable<ModelPackage['features']>[number]
type Column = Pick<Feature, 'name' | 'dataType' | 'input' | 'column'>

// What a feature may be declared as, by the kind of its column; the first is the default.
export const FEATURE_TYPES: Readonly<Record<DataKind, readonly FeatureType[]>> = {
  float: ['number', 'integer', 'boolean', 'date', 'datetime'],
  integer: ['integer', 'boolean', 'date', 'datetime'],
  boolean: ['boolean'],
  string: ['string', 'date', 'datetime'],
}

/**
 * The named columns of a tabular model: one [rows, n] input, or several [rows, 1] inputs.
 *
 * @param named Names that the file itself has for the columns of its one input.
 * @returns In column order; empty when the inputs are not tabular, or have more columns than anybody names.
 * @throws Error when model.json describes other features than the model has.
 */
export function toFeatures(
  signature: Signature,
  described: readonly Described[] | undefined,
  named: readonly string[] = [],
): Feature[] {
  const columns = toColumns(signature, described?.length ?? named.length).map((column, index, all) => {
    return signature.inputs.length === 1 && named.length === all.length ? { ...column, name: named[index]! } : column
  })
  if (!described) return columns.map((column) => ({ ...column, type: defaultType(column) }))
  if (columns.length !== described.length) throw new Error(countMismatch(signature, columns.length, described.length))
  // Where every column is an input with a name of its own, names that are all among them say which is which.
  const byName = new Map(columns.map((column) => [column.name, column]))
  const isNamed = signature.inputs.length > 1 && described.every(({ name }) => byName.has(name))
  return described.map((feature, index) => toFeature(feature, isNamed ? byName.get(feature.name)! : columns[index]!))
}

function toFeature({ type, ...described }: Described, column: Column): Feature {
  const { name } = described
  const [example, missing] = [toValue(described.example, column), toValue(described.missing, column)]
  const allowed = FEATURE_TYPES[DATA_TYPES[column.dataType].kind]
  if (type && !allowed.includes(type)) {
    throw new Error(`model.json: feature ${name} is declared ${type}, but the model's input holds ${column.dataType}`)
  }
  const featureType = type ?? defaultType(column)
  if (example !== undefined && !isOfType(example, featureType, column)) {
    throw new Error(`model.json: the example of feature ${name} is no ${featureType}`)
  }
  if (missing !== undefined && !isOfType(missing, featureType, column)) {
    throw new Error(`model.json: what stands for a missing ${name} is no ${featureType}`)
  }
  for (const [what, value] of [
    ['the example', example],
    ['what stands for a missing value', missing],
  ] as const) {
    if (value !== undefined && !fits(value, featureType, column.dataType)) {
      throw new Error(
        `model.json: ${what} of feature ${name}, ${JSON.stringify(value)}, is no ${featureType} that its column holds`,
      )
    }
  }
  if (featureType === 'datetime' && ['float32', 'float16'].includes(column.dataType)) {
    throw new Error(
      `model.json: feature ${name} is a datetime, and seconds do not fit into ${column.dataType}: export with float64`,
    )
  }
  return { ...column, type: featureType, ...withoutUndefined({ ...described, example, missing }) }
}

type Value = number | boolean | string

/** Integers that a double does not hold are text where the column holds them all. */
function toValue(value: Value | bigint | undefined, { dataType }: Column): Value | undefined {
  if (typeof value !== 'bigint') return value
  return isLong(dataType) ? String(value) : Number(value)
}

function isLong(dataType: DataType): boolean {
  return dataType === 'int64' || dataType === 'uint64'
}

function isOfType(value: Value, type: FeatureType, { dataType }: Column): boolean {
  const isDigits = type === 'integer' && isLong(dataType) && typeof value === 'string' && /^-?\d{1,20}$/.test(value)
  return isDigits || typeof value === VALUE_TYPES[type]
}

function fits(value: Value, type: FeatureType, dataType: DataType): boolean {
  if (type === 'date' || type === 'datetime') return (type === 'date' ? daysOf : secondsOf)(String(value)) !== undefined
  const { kind, min, max } = DATA_TYPES[dataType]
  if (type === 'integer' && isLong(dataType) && typeof value === 'string') {
    return BigInt(value) >= min! && BigInt(value) <= max!
  }
  if (typeof value !== 'number') return true
  // An integer that a double rounds is another one.
  if (type === 'integer' && !Number.isSafeInteger(value)) return false
  if ((type === 'integer' || kind === 'integer') && !Number.isInteger(value)) return false
  return kind !== 'integer' || (value >= Number(min) && value <= Number(max))
}

// How a value of each type stands in JSON.
const VALUE_TYPES: Readonly<Record<FeatureType, string>> = {
  number: 'number',
  integer: 'number',
  boolean: 'boolean',
  string: 'string',
  date: 'string',
  datetime: 'string',
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
  // A free number of columns is whatever model.json says it is.
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

/** Why a table of columns has no features, where it has none. */
export function wideInputText({ inputs: [first, second] }: Signature): string | undefined {
  if (!first || second || first.shape.length !== 2 || first.shape[1]! <= MAX_FEATURES) return undefined
  return `input ${first.name} has ${first.shape[1]} columns, more than ${MAX_FEATURES}: it takes tensors only, and no records`
}
