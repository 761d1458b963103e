import { ServingError } from '../core/errors.ts'
import type { RunRequest, RunResult } from '../core/inference.ts'
import type { Run, SchedulerOptions } from './scheduler.ts'

/** Runs a model, and watches how long that takes: a run cannot be stopped, but who waits for it need not wait for ever. */
export class WatchedRuns {
  readonly #run: Run
  readonly #options: Pick<SchedulerOptions, 'maxRunMs' | 'onStuck'>
  #stuck = 0

  constructor(run: Run, options: Pick<SchedulerOptions, 'maxRunMs' | 'onStuck'>) {
    this.#run = run
    this.#options = options
  }

  /** A run goes on for longer than it may. */
  get isStuck(): boolean {
    return this.#stuck > 0
  }

  /**
   * @param onTimeout Called when the run takes longer than it may; it goes on all the same.
   * @throws ServingError RUN_TIMEOUT when it ends after that, whatever came of it; else what the run throws.
   */
  async run(requests: readonly RunRequest[], onTimeout: (error: ServingError) => void): Promise<readonly RunResult[]> {
    const { maxRunMs, onStuck } = this.#options
    let late: ServingError | undefined
    let timer: NodeJS.Timeout | undefined
    // Called once more for each part of a run that is cut.
    const watch = (): void => {
      if (late) return
      clearTimeout(timer)
      timer = setTimeout(() => {
        late = new ServingError('RUN_TIMEOUT', `the model has computed for ${maxRunMs} ms, longer than it may`)
        this.#stuck++
        timer = setTimeout(onStuck, maxRunMs)
        onTimeout(late)
      }, maxRunMs)
    }
    try {
      const results = await this.#run(requests, watch)
      if (late) throw late
      return results
    } catch (error) {
      throw late ?? error
    } finally {
      clearTimeout(timer)
      if (late) this.#stuck--
    }
  }
}
