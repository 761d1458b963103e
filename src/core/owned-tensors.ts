import type { Tensor, Tensors } from './tensor.ts'

/** Tensors that are views of an owned buffer. */
export class OwnedTensors extends Map<string, Tensor> {
  /** Gives the buffer back. Nobody may read the tensors afterwards. */
  readonly release: () => void

  constructor(tensors: Tensors, release: () => void) {
    super(tensors)
    this.release = release
  }
}

/** Gives back the buffer of the tensors, if they have one. */
export function releaseTensors(tensors: Tensors): void {
  if (tensors instanceof OwnedTensors) tensors.release()
}
