import type { Tensors } from '../../src/core/tensor.ts'

interface StartedRun {
  readonly inputs: Tensors
  readonly outputs: readonly string[] | undefined
  /** Answers with the inputs, or with other tensors. */
  readonly finish: (outputs?: Tensors) => void
  readonly fail: (error: Error) => void
}

/** A session whose runs end when the test says so. */
export class FakeRuntime {
  readonly started: StartedRun[] = []

  readonly run = (inputs: Tensors, outputs?: readonly string[]): Promise<Tensors> =>
    new Promise((resolve, reject) =>
      this.started.push({ inputs, outputs, finish: (result = inputs) => resolve(result), fail: reject }),
    )
}
