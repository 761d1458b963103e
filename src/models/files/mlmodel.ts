import { readFile, stat } from 'node:fs/promises'
import { z } from 'zod'
import { DATA_TYPES } from '../../core/datatypes.ts'
import type { FeatureType } from '../../core/feature.ts'
import type { Signature } from '../../core/signature.ts'
import { FEATURE_TYPES } from '../meaning/features.ts'
import type { ModelJson } from './model-json.ts'

// MLmodel is the file that describes a model in a folder of MLflow. Its signature is JSON within YAML.

const MAX_BYTES = 2 ** 22
const mlmodelSchema = z.object({ signature: z.object({ inputs: z.string().nullish() }).nullish() })
const columnsSchema = z.array(z.object({ name: z.string().min(1).optional(), type: z.unknown() }))

// The feature type for each type of a column in MLflow. Nothing is known about values of other types.
const TYPES: Readonly<Record<string, FeatureType>> = {
  boolean: 'boolean',
  integer: 'integer',
  long: 'integer',
  float: 'number',
  double: 'number',
  string: 'string',
}

/** A column of the signature. MLflow may leave out its name and its type. */
export interface MlflowColumn {
  readonly name?: string | undefined
  readonly type?: FeatureType | undefined
}

/**
 * Reads the columns in the signature of an MLmodel.
 *
 * @returns Empty if it has no signature, or one of tensors.
 * @throws Error that says what is wrong with the file.
 * @see https://mlflow.org/docs/latest/model/signatures.html
 */
export async function readMlmodel(file: string): Promise<MlflowColumn[]> {
  const { size } = await stat(file)
  if (size > MAX_BYTES) throw new Error(`it has ${size} bytes, more than ${MAX_BYTES}`)
  // The library is loaded late, because few folders come from MLflow.
  const { parse } = await import('yaml')
  const { signature } = mlmodelSchema.parse(parse(await readFile(file, 'utf8'), { logLevel: 'error' }), SHORT_ERRORS)
  if (!signature?.inputs) return []
  const columns = columnsSchema.parse(JSON.parse(signature.inputs), SHORT_ERRORS)
  if (columns.some(({ type }) => type === 'tensor')) return []
  return columns.map(({ name, type }) => ({ name, type: typeof type === 'string' ? TYPES[type] : undefined }))
}

const SHORT_ERRORS = { error: () => 'its signature has another form than MLflow gives it' }

/**
 * Turns columns of MLflow into features of a model with one input. A type that the input cannot hold is ignored.
 *
 * @returns undefined if there are no columns, or if the model has several inputs.
 * @throws Error if the model has other columns.
 */
export function toMlflowFeatures({ inputs }: Signature, columns: readonly MlflowColumn[]): ModelJson['features'] {
  const [only, second] = inputs
  // If each column is an input of its own, the file has its name.
  if (columns.length === 0 || !only || second || only.shape.length !== 2) return undefined
  const width = only.shape[1]!
  if (width !== -1 && width !== columns.length) {
    throw new Error(`its signature has ${columns.length} columns, but the model has ${width}`)
  }
  const names = columns.map(({ name }, column) => name ?? `x${column}`)
  if (new Set(names).size < names.length) throw new Error('two columns of its signature have the same name')
  const allowed = FEATURE_TYPES[DATA_TYPES[only.dataType].kind]
  return columns.map(({ type }, column) => ({
    name: names[column]!,
    ...(type !== undefined && allowed.includes(type) && { type }),
  }))
}
