import type { FastifyReply, FastifyRequest } from 'fastify'
import { HttpError } from './errors/http-error.ts'

const MAX_SHOWN = 40

/**
 * Makes an `onRequest` hook that refuses query parameters that the route does not have. Otherwise a misspelled parameter
 * would be ignored silently.
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
  const takes = known.length > 0 ? known.join(', ') : 'none'
  const text = `the query parameter ${given} is unknown; this route takes ${takes}`
  return new HttpError(400, 'INVALID_INPUT', text)
}
