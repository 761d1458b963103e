import { ServingError } from '../../src/core/errors.ts'
import type { RunRequest, RunResult } from '../../src/core/inference.ts'
import type { Tensors } from '../../src/core/tensor.ts'

interface StartedRun extends RunRequest {
  /** Requests that came in the same call, this one included. */
  readonly together: number
  /** Answers with the inputs, or with other tensors. */
  readonly finish: (outputs?: Tensors) => void
  /** Answers that this one cannot be computed. */
  readonly refuse: (message: string) => void
  /** Fails the whole call. */
  readonly fail: (error: Error) => void
}

/** A session whose runs end when the test says so. */
export class FakeRuntime {
  readonly started: StartedRun[] = []

  readonly run = (requests: readonly RunRequest[]): Promise<readonly RunResult[]> => {
    return Promise.all(requests.map((request) => this.#start(request, requests.length)))
  }

  #start({ inputs, outputs }: RunRequest, together: number): Promise<RunResult> {
    return new Promise((resolve, reject) =>
      this.started.push({
        inputs,
        ...(outputs && { outputs }),
        together,
        finish: (result = inputs) => resolve(result),
        refuse: (message) => resolve(new ServingError('INFERENCE_FAILED', message)),
        fail: reject,
      }),
    )
  }
}
