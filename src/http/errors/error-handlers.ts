import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { ErrorBody } from '../openapi/reply-schemas.ts'
import { toErrorAnswer } from './error-answer.ts'
import { HttpError } from './http-error.ts'

/** Answers every error with its text, its code and its details, except in scopes with `handleErrorsBriefly`. */
export function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler((error, request, reply) => sendError(error, request, reply))
  app.setNotFoundHandler((request, reply) => {
    const [path] = request.url.split('?', 1)
    const text = `no route ${request.method} ${JSON.stringify(path?.slice(0, 100))}: GET /docs lists them`
    return sendErrorByPath(new HttpError(404, 'NOT_FOUND', text), request, reply)
  })
}

/** Answers every error with its text alone. Clients of V1 and V2 read nothing else. */
export function handleErrorsBriefly(app: FastifyInstance): void {
  app.setErrorHandler(sendBriefly)
}

function sendBriefly(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, text } = toErrorAnswer(error, request, reply)
  return reply.code(status).send({ error: text })
}

/** Answers an error for which no route was found, in the form of the protocol that the path belongs to. */
export function sendErrorByPath(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const [path] = request.url.split('?', 1)
  return (/^\/v[12](\/|$)/.test(path!) ? sendBriefly : sendError)(error, request, reply)
}

function sendError(error: unknown, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  const { status, code, text, details = [] } = toErrorAnswer(error, request, reply)
  return reply.code(status).send({ error: text, code, details: [...details] } satisfies ErrorBody)
}
