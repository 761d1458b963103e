import { writeModel } from './graph-writer.ts'

/** A linear model of `x` [N, 1] whose rows are answered with so many numbers each: small requests, large answers. */
export function wideModel(width: number): Buffer {
  const values = Array.from({ length: width }, (_, index) => Math.fround(Math.sin(index + 1)))
  return writeModel({
    nodes: [{ op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] }],
    inputs: [{ name: 'x', shape: ['N', 1] }],
    outputs: [{ name: 'y', shape: ['N', width] }],
    constants: { w: { shape: [1, width], values } },
  })
}
