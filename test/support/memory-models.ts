import { writeModel } from './graph-writer.ts'
import type { Placed } from './graph-writer.ts'

// Models that take all memory where a request says so. Each graph is as small as it can be.

/** `y`: zeros of the shape in the request. */
export function fillModel(): Buffer {
  return sized('ConstantOfShape', ['shape'], [sizes('shape', 'N')])
}

/** `y`: one number as often as the shape in the request says. */
export function expandModel(): Buffer {
  return sized('Expand', ['x', 'shape'], [{ name: 'x', shape: ['N'] }, sizes('shape', 'M')])
}

/** `y`: the input repeated. */
export function tileModel(): Buffer {
  return sized('Tile', ['x', 'repeats'], [{ name: 'x', shape: ['N'] }, sizes('repeats', 1)])
}

/** `y`: the numbers from 0 up to the one in the request. */
export function rangeModel(): Buffer {
  return writeModel({
    nodes: [
      { op: 'Squeeze', inputs: ['limit'], outputs: ['end'] },
      { op: 'Range', inputs: ['zero', 'end', 'one'], outputs: ['y'] },
    ],
    inputs: [sizes('limit', 1)],
    outputs: [{ name: 'y', type: 'int64', shape: ['K'] }],
    constants: { zero: scalar(0), one: scalar(1) },
  })
}

/** `y`: a one at the index, in a row as long as the request says. */
export function oneHotModel(): Buffer {
  return writeModel({
    nodes: [{ op: 'OneHot', inputs: ['index', 'depth', 'values'], outputs: ['y'] }],
    inputs: [sizes('index', 'N'), sizes('depth', 1)],
    outputs: [{ name: 'y', shape: undefined }],
    constants: { values: { shape: [2], values: [0, 1] } },
  })
}

/** `y`: the input between as many zeros as the request says. */
export function padModel(): Buffer {
  return sized('Pad', ['x', 'pads'], [{ name: 'x', shape: ['N'] }, sizes('pads', 2)])
}

/** `y`: the picture in the size of the request. */
export function resizeModel(): Buffer {
  return sized('Resize', ['x', '', '', 'size'], [{ name: 'x', shape: [1, 1, 'H', 'W'] }, sizes('size', 4)])
}

/** `y`: each position as a mean of all, weighted by every pair of them. */
export function attentionModel(): Buffer {
  return writeModel({
    nodes: [
      { op: 'Unsqueeze', inputs: ['x', 'one'], outputs: ['column'] },
      { op: 'Transpose', inputs: ['column'], outputs: ['row'] },
      { op: 'MatMul', inputs: ['column', 'row'], outputs: ['pairs'] },
      { op: 'Softmax', inputs: ['pairs'], outputs: ['weights'] },
      { op: 'MatMul', inputs: ['weights', 'x'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', shape: ['positions'] }],
    outputs: [{ name: 'y', shape: ['positions'] }],
    constants: { one: { shape: [1], type: 'int64', values: [1] } },
  })
}

/** `y`: the input and a tensor as large as the file says. Takes all memory when it is tried. */
export function largeAtLoadModel(): Buffer {
  return writeModel({
    nodes: [
      { op: 'ConstantOfShape', inputs: ['shape'], outputs: ['zeros'] },
      { op: 'Add', inputs: ['x', 'zeros'], outputs: ['y'] },
    ],
    inputs: [{ name: 'x', shape: [1] }],
    outputs: [{ name: 'y', shape: undefined }],
    constants: { shape: { shape: [1], type: 'int64', values: [2 ** 40] } },
  })
}

function sized(op: string, inputs: readonly string[], placed: readonly Placed[]): Buffer {
  return writeModel({
    nodes: [{ op, inputs, outputs: ['y'] }],
    inputs: placed,
    outputs: [{ name: 'y', shape: undefined }],
  })
}

/** An input of integers, as sizes are. */
export function sizes(name: string, count: number | string): Placed {
  return { name, type: 'int64', shape: [count] }
}

export function scalar(value: number) {
  return { shape: [], type: 'int64', values: [value] } as const
}
