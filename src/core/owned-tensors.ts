import type { Tensor, Tensors } from './tensor.ts'

/** Tensors that are views of an owned buffer. */
export class OwnedTensors extends Map<string, Tensor> {
  /** Gives the buffer back. Nobody reads the tensors afterwards. */
  readonly release: () => void

  constructor(tensors: Tensors, release: () => void) {
    super(tensors)
    this.release = release
  }
}

/** Gives back the buffer behind tensors, where they have one. */
export function releaseTensors(tensors: Tensors): void {
  if (tensors instanceof OwnedTensors) tensors.release()
}
