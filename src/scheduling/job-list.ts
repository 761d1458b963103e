import type { Job } from './job.ts'

/** A linked list of jobs. A job leaves in constant time. The jobs hold the links, so adding one allocates nothing. */
export class JobList {
  #first: Job | undefined
  #last: Job | undefined

  get first(): Job | undefined {
    return this.#first
  }

  append(job: Job): void {
    job.previous = this.#last
    if (this.#last) this.#last.next = job
    else this.#first = job
    this.#last = job
  }

  prepend(job: Job): void {
    job.next = this.#first
    if (this.#first) this.#first.previous = job
    else this.#last = job
    this.#first = job
  }

  remove(job: Job): void {
    const { previous, next } = job
    if (previous) previous.next = next
    else this.#first = next
    if (next) next.previous = previous
    else this.#last = previous
    job.previous = undefined
    job.next = undefined
  }
}
