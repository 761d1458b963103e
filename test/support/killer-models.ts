import { writeModel } from './graph-writer.ts'
import type { Graph, Node, Placed } from './graph-writer.ts'
import { scalar, sizes } from './memory-models.ts'

// Models that ONNX Runtime 1.30 cannot be trusted with: each has values that end its process or never return.
// Each graph is as small as it can be.

type IntegerType = 'int32' | 'int64'

/** `values`, `indices`: the largest number of each row. Dies of zero rows: nearest neighbours have it. */
export function topKModel(): Buffer {
  return writeModel(topK({ name: 'x', shape: ['N', 3] }, []))
}

/** `values`, `indices`: TopK of the rows in which a number is missing, as KNNImputer has it. Dies where none is. */
export function imputerModel(): Buffer {
  return writeModel(
    topK({ name: 'table', shape: ['N', 3] }, [
      { op: 'IsNaN', inputs: ['table'], outputs: ['missing'] },
      { op: 'Cast', inputs: ['missing'], outputs: ['numbers'], attributes: { to: 1 } },
      { op: 'ReduceMax', inputs: ['numbers'], outputs: ['any'], attributes: { axes: [1], keepdims: 0 } },
      { op: 'Cast', inputs: ['any'], outputs: ['rows'], attributes: { to: 9 } },
      { op: 'Compress', inputs: ['table', 'rows'], outputs: ['x'], attributes: { axis: 0 } },
    ]),
  )
}

/** `y` = `a` op `b` for integers. Dies of the smallest number and -1. */
export function dividingModel(op: 'Div' | 'Mod', type: IntegerType): Buffer {
  return writeModel({
    nodes: [{ op, inputs: ['a', 'b'], outputs: ['y'] }],
    inputs: ['a', 'b'].map((name) => ({ name, type, shape: ['N'] })),
    outputs: [{ name: 'y', type, shape: ['N'] }],
  })
}

/**
 * `y`: the smallest number divided by `a` and one more number.
 *
 * @param added With -1 it dies of 0, and so of values that are made up; with 1 of -2 alone.
 */
export function dyingOfOneValueModel(added: -1 | 1, shape: Placed['shape'] = ['N', 1]): Buffer {
  return writeModel({
    nodes: [
      { op: 'Add', inputs: ['a', 'added'], outputs: ['divisor'] },
      { op: 'Div', inputs: ['smallest', 'divisor'], outputs: ['y'] },
    ],
    inputs: [{ name: 'a', type: 'int32', shape }],
    outputs: [{ name: 'y', type: 'int32', shape }],
    constants: {
      added: { shape: [1], type: 'int32', values: [added] },
      smallest: { shape: [1], type: 'int32', values: [-(2 ** 31)] },
    },
  })
}

/** `y`: a recurrent network over batch and time, in this order as PyTorch exports it. Dies of none of either. */
export function recurrentModel(op: 'LSTM' | 'GRU'): Buffer {
  const gates = op === 'LSTM' ? 4 : 3
  return writeModel({
    nodes: [
      { op: 'Transpose', inputs: ['x'], outputs: ['steps'], attributes: { perm: [1, 0, 2] } },
      { op, inputs: ['steps', 'w', 'r'], outputs: ['y'], attributes: { hidden_size: 1 } },
    ],
    inputs: [{ name: 'x', shape: ['batch', 'time', 1] }],
    outputs: [{ name: 'y', shape: undefined }],
    constants: {
      w: { shape: [1, gates, 1], values: Array<number>(gates).fill(1) },
      r: { shape: [1, gates, 1], values: Array<number>(gates).fill(1) },
    },
  })
}

/** `y`: each channel of a picture with mean 0. Dies of pictures of no size. */
export function instanceNormModel(): Buffer {
  return writeModel({
    nodes: [{ op: 'InstanceNormalization', inputs: ['x', 'one', 'zero'], outputs: ['y'] }],
    inputs: [{ name: 'x', shape: ['N', 1, 'H', 'W'] }],
    outputs: [{ name: 'y', shape: ['N', 1, 'H', 'W'] }],
    constants: { one: { shape: [1], values: [1] }, zero: { shape: [1], values: [0] } },
  })
}

/** `y`: pieces of a picture. Dies of pictures of no size. */
export function roiAlignModel(): Buffer {
  return writeModel({
    nodes: [{ op: 'RoiAlign', inputs: ['x', 'boxes', 'pictures'], outputs: ['y'] }],
    inputs: [{ name: 'x', shape: ['N', 1, 'H', 'W'] }, { name: 'boxes', shape: ['K', 4] }, sizes('pictures', 'K')],
    outputs: [{ name: 'y', shape: undefined }],
  })
}

/** `y`: counts as far as the request says. Never returns from 2^62. */
export function loopModel(): Buffer {
  const body: Graph = {
    nodes: [
      { op: 'Identity', inputs: ['go'], outputs: ['goOn'] },
      { op: 'Add', inputs: ['count', 'unit'], outputs: ['next'] },
    ],
    inputs: [
      { name: 'turn', type: 'int64', shape: [] },
      { name: 'go', type: 'bool', shape: [] },
      { name: 'count', shape: [1] },
    ],
    outputs: [
      { name: 'goOn', type: 'bool', shape: [] },
      { name: 'next', shape: [1] },
    ],
    constants: { unit: { shape: [1], values: [1] } },
  }
  return writeModel({
    nodes: [
      { op: 'Squeeze', inputs: ['turns'], outputs: ['limit'] },
      { op: 'Loop', inputs: ['limit', '', 'start'], outputs: ['y'], attributes: { body: { graph: body } } },
    ],
    inputs: [sizes('turns', 1)],
    outputs: [{ name: 'y', shape: [1] }],
    constants: { start: { shape: [1], values: [0] } },
  })
}

/** `y`: a convolution whose kernel is in the request. Never returns from one of height 0. */
export function convolutionModel(): Buffer {
  return writeModel({
    nodes: [{ op: 'Conv', inputs: ['x', 'kernel'], outputs: ['y'] }],
    inputs: [
      { name: 'x', shape: ['N', 1, 'H', 'W'] },
      { name: 'kernel', shape: [1, 1, 'A', 'B'] },
    ],
    outputs: [{ name: 'y', shape: undefined }],
  })
}

/** `y`: a real signal of its half spectrum. Never returns from a spectrum of one. */
export function fourierModel(): Buffer {
  return writeModel(
    {
      nodes: [{ op: 'DFT', inputs: ['x', '', 'axis'], outputs: ['y'], attributes: { inverse: 1, onesided: 1 } }],
      inputs: [{ name: 'x', shape: [1, 'N', 2] }],
      outputs: [{ name: 'y', shape: undefined }],
      constants: { axis: scalar(1) },
    },
    { opset: 20 },
  )
}

function topK(input: Placed, before: readonly Node[]): Graph {
  return {
    nodes: [...before, { op: 'TopK', inputs: ['x', 'k'], outputs: ['values', 'indices'] }],
    inputs: [input],
    outputs: [
      { name: 'values', shape: ['M', 1] },
      { name: 'indices', type: 'int64', shape: ['M', 1] },
    ],
    constants: { k: { shape: [1], type: 'int64', values: [1] } },
  }
}

/** `y`: the input and a number that the file says to divide as the processor cannot. Dies when it is loaded. */
export function dyingAtLoadModel(): Buffer {
  return writeModel({
    nodes: [
      { op: 'Div', inputs: ['smallest', 'minusOne'], outputs: ['quotient'] },
      { op: 'Add', inputs: ['x', 'quotient'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', type: 'int32', shape: ['N'] }],
    outputs: [{ name: 'y', type: 'int32', shape: ['N'] }],
    constants: {
      smallest: { shape: [1], type: 'int32', values: [-(2 ** 31)] },
      minusOne: { shape: [1], type: 'int32', values: [-1] },
    },
  })
}

/** `y`: the input and the signal of a spectrum of one, which is in the file. Never comes to an end of loading. */
export function endlessAtLoadModel(): Buffer {
  return writeModel(
    {
      nodes: [
        { op: 'DFT', inputs: ['spectrum', '', 'axis'], outputs: ['signal'], attributes: { inverse: 1, onesided: 1 } },
        { op: 'Add', inputs: ['x', 'signal'], outputs: ['y'] },
      ],
      inputs: [{ name: 'x', shape: ['N'] }],
      outputs: [{ name: 'y', shape: undefined }],
      constants: { axis: scalar(1), spectrum: { shape: [1, 1, 2], values: [1, 0] } },
    },
    { opset: 20 },
  )
}
