import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DATA_TYPES } from '../../src/core/datatypes.ts'
import type { DataType } from '../../src/core/datatypes.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import { ROOT } from '../support/paths.ts'

/** A value of a test; no tensor where the server has no type for it. */
export interface Value {
  readonly name: string
  readonly tensor: Tensor | undefined
}

export interface DataSet {
  readonly inputs: readonly Value[]
  readonly outputs: readonly Value[]
}

/** A model of ONNX's backend tests, with inputs and the outputs that ONNX expects. */
export interface Case {
  readonly name: string
  readonly sets: readonly DataSet[]
}

interface WrittenValue {
  readonly name: string
  readonly type?: string
  readonly shape?: readonly number[]
  readonly strings?: string[]
  readonly bytes?: string
}

export interface WrittenCases {
  readonly cases: readonly Case[]
  /** Which onnx they come from. */
  readonly version: string
}

/**
 * Has Python write the tests to a folder: `models/` to serve, and what this returns.
 *
 * @throws Error with what Python prints when it fails.
 */
export function writeCases(python: string, folder: string): WrittenCases {
  const { status, stdout, stderr } = spawnSync(python, ['tools/make_backend_tests.py', folder], {
    cwd: ROOT,
    encoding: 'utf8',
  })
  if (status !== 0) throw new Error(stderr)
  const lines = readFileSync(join(folder, 'cases.jsonl'), 'utf8').trim().split('\n')
  const cases = lines.map((line): Case => {
    const { name, sets } = JSON.parse(line) as { name: string; sets: Record<keyof DataSet, WrittenValue[]>[] }
    return {
      name,
      sets: sets.map(({ inputs, outputs }) => ({ inputs: inputs.map(toValue), outputs: outputs.map(toValue) })),
    }
  })
  return { cases, version: /onnx [\d.]+/.exec(stdout)![0] }
}

const OWN_NAMES: Readonly<Record<string, DataType>> = { float: 'float32', double: 'float64' }

function toValue({ name, type = '', shape = [], strings, bytes = '' }: WrittenValue): Value {
  const dataType = (OWN_NAMES[type] ?? type) as DataType
  if (!(dataType in DATA_TYPES)) return { name, tensor: undefined }
  if (strings) return { name, tensor: { dataType, shape, data: strings } }
  const raw = Buffer.from(bytes, 'base64')
  const data = DATA_TYPES[dataType].allocate(0) as Uint8Array
  const Elements = data.constructor as new (buffer: ArrayBuffer) => Uint8Array
  return { name, tensor: { dataType, shape, data: new Elements(new Uint8Array(raw).buffer) } }
}
