import type { FastifyReply, FastifyRequest } from 'fastify'
import { HttpError } from './errors.ts'

const MAX_SHOWN = 40

/**
 * Makes an `onRequest` hook for a route that takes query parameters: it refuses every other one, since a parameter that
 * is misspelled would change nothing without a word.
 *
 * @param known The parameters of the route.
 */
export function refuseUnknownQuery(known: readonly string[]) {
  return ({ query }: FastifyRequest, _reply: FastifyReply, done: (error?: Error) => void): void => {
    for (const name in query as object) if (!known.includes(name)) return done(unknownParameter(name, known))
    done()
  }
}

function unknownParameter(name: string, known: readonly string[]): HttpError {
  const given = JSON.stringify(name.length > MAX_SHOWN ? `${name.slice(0, MAX_SHOWN)}…` : name)
  const text = `the query parameter ${given} is unknown; this route takes ${known.join(', ')}`
  return new HttpError(400, 'INVALID_INPUT', text)
}
