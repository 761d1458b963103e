import { parseExactly } from '../../src/json/exact-json.ts'
import { fromFloat16Bits } from '../../src/core/float16.ts'
import type { Tensor } from '../../src/core/tensor.ts'
import { fromBytes, toBytes } from '../../src/protocols/v2/v2-binary-data.ts'
import { V2_NAMES } from '../../src/protocols/v2/v2-tensors.ts'
import type { DataSet, Value } from './cases.ts'
import { doSteps } from '../../src/core/steps.ts'

/** What an output came as: elements in row-major order, and its shape where the answer tells it. */
interface Answered {
  readonly shape?: readonly number[]
  readonly datatype?: string
  readonly elements: readonly unknown[]
}

export type Answers = ReadonlyMap<string, Answered>

interface Refusal {
  readonly status: number
  readonly error: string
}

/** One way to call a model: the outputs by name, or why it refuses. */
export type Way = (url: string, name: string, inputs: DataSet['inputs']) => Promise<Answers | Refusal>

export function isRefusal(result: Answers | Refusal): result is Refusal {
  return 'status' in result
}

export const WAYS: Readonly<Record<string, Way>> = {
  'V2 JSON': async (url, name, inputs) => {
    const body = JSON.stringify({
      inputs: inputs.map((value) => ({ ...headOf(value), data: elementsOf(value.tensor!) })),
    })
    const response = await send(`${url}/v2/models/${name}/infer`, body)
    if (!response.ok) return refusalOf(response)
    const { outputs } = parseExactly(await response.text()) as {
      outputs: { name: string; shape: number[]; datatype: string; data: unknown[] }[]
    }
    return new Map(outputs.map(({ name: output, data, ...head }) => [output, { ...head, elements: data }]))
  },
  'V2 binary': async (url, name, inputs) => {
    const parts = inputs.map(({ tensor }) => doSteps(toBytes(tensor!)))
    const described = inputs.map((value, index) => ({
      ...headOf(value),
      parameters: { binary_data_size: parts[index]!.length },
    }))
    const head = Buffer.from(JSON.stringify({ inputs: described, parameters: { binary_data_output: true } }))
    const headers = {
      'content-type': 'application/octet-stream',
      'inference-header-content-length': String(head.length),
    }
    const response = await send(`${url}/v2/models/${name}/infer`, Buffer.concat([head, ...parts]), headers)
    return response.ok ? readBinary(response) : refusalOf(response)
  },
  inputs: async (url, name, inputs) => {
    const nested = Object.fromEntries(
      inputs.map(({ name: input, tensor }) => [input, nest(elementsOf(tensor!), tensor!.shape)]),
    )
    const response = await send(`${url}/models/${name}/predict`, JSON.stringify({ inputs: nested }))
    if (!response.ok) return refusalOf(response)
    const { outputs } = parseExactly(await response.text()) as { outputs: Record<string, unknown> }
    return new Map(
      Object.entries(outputs).map(([output, value]) => [
        output,
        { elements: [value].flat(Infinity), shape: shapeOf(value) },
      ]),
    )
  },
}

/** Numbers as JSON carries them: NaN and the infinities as strings, integers of 64 bits as digits. */
export function elementsOf({ dataType, data }: Tensor): unknown[] {
  if (dataType === 'float16') return Array.from(data as Uint16Array, (bits) => toJson(fromFloat16Bits(bits)))
  if (dataType === 'bool') return Array.from(data as Uint8Array, Boolean)
  return Array.from(data as ArrayLike<unknown>, toJson)
}

function toJson(value: unknown): unknown {
  const isOdd = typeof value === 'bigint' || (typeof value === 'number' && !Number.isFinite(value))
  return isOdd ? String(value) : value
}

function headOf({ name, tensor }: Value): { name: string; shape: readonly number[]; datatype: string } {
  return { name, shape: tensor!.shape, datatype: V2_NAMES[tensor!.dataType] }
}

function nest(elements: readonly unknown[], [size, ...inner]: readonly number[]): unknown {
  if (size === undefined) return elements[0]
  const step = elements.length / size
  return Array.from({ length: size }, (_, index) => nest(elements.slice(index * step, (index + 1) * step), inner))
}

function shapeOf(value: unknown): number[] {
  return Array.isArray(value) ? [value.length, ...(value.length === 0 ? [] : shapeOf(value[0]))] : []
}

function send(
  url: string,
  body: string | Buffer,
  headers: Record<string, string> = { 'content-type': 'application/json' },
) {
  return fetch(url, { method: 'POST', body, headers })
}

async function refusalOf(response: Response): Promise<Refusal> {
  const { error } = parseExactly(await response.text()) as { error: string }
  return { status: response.status, error }
}

async function readBinary(response: Response): Promise<Answers> {
  const body = Buffer.from(await response.arrayBuffer())
  const headLength = Number(response.headers.get('inference-header-content-length') ?? body.length)
  const { outputs } = JSON.parse(body.subarray(0, headLength).toString()) as {
    outputs: { name: string; shape: number[]; datatype: string; parameters: { binary_data_size: number } }[]
  }
  let at = headLength
  return new Map(
    outputs.map(({ name, shape, datatype, parameters: { binary_data_size: size } }) => {
      const [dataType] = Object.entries(V2_NAMES).find(([, each]) => each === datatype)!
      const tensor = fromBytes(body.subarray(at, (at += size)), {
        dataType: dataType as Tensor['dataType'],
        shape,
        path: name,
      })
      return [name, { shape, datatype, elements: elementsOf(tensor) }]
    }),
  )
}
