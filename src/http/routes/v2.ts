import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { BufferPool } from '../../core/buffer-pool.ts'
import type { Statistics } from '../../core/model-statistics.ts'
import type { ModelView } from '../../core/model-view.ts'
import type { Model } from '../../models/model.ts'
import { loadedModels, readinessOf } from '../../models/readiness.ts'
import { v2Codec } from '../../protocols/v2/v2.ts'
import type { V2Body } from '../../protocols/v2/v2.ts'
import { v2Config } from '../../protocols/v2/v2-config.ts'
import { v2Metadata } from '../../protocols/v2/v2-metadata.ts'
import {
  inTritonsWords,
  asksForReady,
  notAtRunTime,
  v2Index,
  v2Server,
  versionsOf,
} from '../../protocols/v2/v2-server.ts'
import { v2Statistics } from '../../protocols/v2/v2-statistics.ts'
import { answer } from '../../serving/answer.ts'
import type { AnswerSender, EncodingChoice } from '../body/answer-sender.ts'
import { acceptAnyBody, bodyOf, dropMalformedType } from '../body/bodies.ts'
import { MIN_BYTES, decompress, encodingFor } from '../body/compression.ts'
import { handleErrorsBriefly } from '../errors/error-handlers.ts'
import { HttpError } from '../errors/http-error.ts'
import { PROBE } from '../probe-routes.ts'
import { inferSchema, notImplementedSchema } from '../openapi/protocol-schemas.ts'
import { refuseUnknownQuery } from '../query.ts'
import { contextOf } from '../request-context.ts'
import type { ContextOptions, ModelPath } from '../request-context.ts'

export interface V2Options extends ContextOptions {
  readonly buffers: BufferPool
  readonly version: string
  /** The name of the server for clients. */
  readonly serverName: string
  readonly sender: AnswerSender
  readonly bodyLimitBytes: number
  readonly isDraining: () => boolean
  readonly statisticsOf: (view: ModelView) => Statistics
}

const JSON_LENGTH = 'inference-header-content-length'
const TAGS = ['Open Inference Protocol V2']

/** Adds the Open Inference Protocol over REST for clients of KServe and Triton. */
export function addV2Routes(app: FastifyInstance, options: V2Options): void {
  // The client of Triton sends no content-type. A body may be JSON with bytes behind it.
  acceptAnyBody(app, options.buffers)
  app.addHook('onRequest', dropMalformedType)
  handleErrorsBriefly(app)
  addServerRoutes(app, options)
  addModelInfoRoutes(app, options)
  addRepositoryRoutes(app, options)
}

function addServerRoutes(
  app: FastifyInstance,
  { registry, version, serverName, isDraining, statisticsOf }: V2Options,
): void {
  const isReady = (): boolean => readinessOf(registry, isDraining()).isAllReady
  const get = (url: string, summary: string, handler: () => object): void => {
    app.get(url, { schema: { tags: TAGS, summary } }, async () => handler())
  }
  const metadata = (): object => v2Server(serverName, version)
  get('/v2', 'The server, its version and extensions', metadata)
  app.get('/v2/', { schema: { hide: true } }, async () => metadata())
  app.get(
    '/v2/health/live',
    { ...PROBE, schema: { tags: TAGS, summary: 'Whether the process answers' } },
    async () => ({
      live: true,
    }),
  )
  app.get(
    '/v2/health/ready',
    { ...PROBE, schema: { tags: TAGS, summary: 'Whether every model is ready' } },
    async (_request, reply) => reply.code(isReady() ? 200 : 503).send({ ready: isReady() }),
  )
  get('/v2/models', 'The names of all models', () => ({
    models: [...new Set(registry.list().map(({ name }) => name))],
  }))
  get('/v2/models/stats', 'What all models have done', () => ({
    model_stats: loadedModels(registry).map(({ view }) => v2Statistics(view, statisticsOf(view))),
  }))
}

function addModelInfoRoutes(app: FastifyInstance, options: V2Options): void {
  const { registry, statisticsOf } = options
  for (const base of ['/v2/models/:name', '/v2/models/:name/versions/:version']) {
    const get = (path: string, summary: string, handler: (model: Model) => object): void => {
      app.get<ModelPath>(`${base}${path}`, { schema: { tags: TAGS, summary } }, async ({ params: { name, version } }) =>
        handler(inTritonsWords(() => registry.get(name, version))),
      )
    }
    get('', 'The inputs and outputs of a model', ({ view }) => v2Metadata(view, versionsOf(registry.list(), view.name)))
    get('/config', 'The configuration of a model, as Triton tells it', ({ view, batching }) =>
      v2Config(view, batching.maxBatchSize),
    )
    app.get<ModelPath>(
      `${base}/stats`,
      { schema: { tags: TAGS, summary: 'What a model has done, or each of its versions' } },
      async ({ params: { name, version } }) => ({
        model_stats: inTritonsWords(() => loadedModels(registry, name, version)).map(({ view }) =>
          v2Statistics(view, statisticsOf(view)),
        ),
      }),
    )
    app.get<ModelPath>(
      `${base}/ready`,
      { ...PROBE, schema: { tags: TAGS, summary: 'Whether a model is ready' } },
      async ({ params }, reply) => {
        const { name, status } = inTritonsWords(() => registry.find(params.name, params.version))
        const ready = status === 'ready' && !options.isDraining()
        return reply.code(ready ? 200 : 503).send({ name, ready })
      },
    )
    app.post<ModelPath>(
      `${base}/infer`,
      {
        onRequest: refuseUnknownQuery([]),
        schema: { bodies: inferSchema, tags: TAGS, summary: 'Computes a model' },
      },
      (request, reply) => answerV2(request, reply, options),
    )
  }
}

async function answerV2(
  request: FastifyRequest<ModelPath>,
  reply: FastifyReply,
  options: V2Options,
): Promise<FastifyReply> {
  const { registry, turns, sender, bodyLimitBytes } = options
  const { name, version } = request.params
  const context = contextOf(request, options, () => inTritonsWords(() => registry.get(name, version)))
  const steps = await answer(v2Codec, () => toV2Body(request, bodyLimitBytes), context)
  const { json, binary, maxBytes } = await turns.finish(steps)
  const head = { pieces: json, maxBytes }
  const encodingOf = encodingChoice(request, reply)
  if (binary.length === 0) return sender.sendText(reply.type('application/json; charset=utf-8'), head, encodingOf)
  void reply.type('application/octet-stream')
  const setHeadBytes = (length: number): void => void reply.header(JSON_LENGTH, length)
  return sender.sendMixed(reply, { head, binary, setHeadBytes }, encodingOf)
}

function toV2Body(request: FastifyRequest<ModelPath>, limitBytes: number): V2Body | Promise<V2Body> {
  const jsonBytes = jsonBytesOf(request)
  const encoding = request.headers['content-encoding']
  const body = bodyOf(request)
  if (encoding === undefined) return { bytes: body, jsonBytes }
  return decompress(body, encoding, limitBytes).then((bytes) => ({ bytes, jsonBytes }))
}

function encodingChoice({ headers }: FastifyRequest, reply: FastifyReply): EncodingChoice {
  return (bytes) => {
    const encoding = encodingFor(headers['accept-encoding'], bytes)
    if (bytes >= MIN_BYTES) void reply.header('vary', 'accept-encoding')
    return encoding
  }
}

function jsonBytesOf({ headers }: FastifyRequest): number | undefined {
  const given = headers[JSON_LENGTH]
  if (given === undefined) return undefined
  if (typeof given === 'string' && /^\d{1,10}$/.test(given)) return Number(given)
  const text = `Inference-Header-Content-Length: expected a number of bytes, got ${JSON.stringify(String(given).slice(0, 40))}`
  throw new HttpError(400, 'INVALID_INPUT', text)
}

function addRepositoryRoutes(app: FastifyInstance, { registry, bodyLimitBytes, turns }: V2Options): void {
  app.post(
    '/v2/repository/index',
    { schema: { tags: TAGS, summary: 'Every model, its version and state' } },
    async (request) => {
      const body = await decompress(bodyOf(request), request.headers['content-encoding'], bodyLimitBytes)
      const onlyReady = await turns.do(() => asksForReady(body))
      return v2Index(registry.list(), onlyReady)
    },
  )
  for (const action of ['load', 'unload']) {
    const schema = { bodies: notImplementedSchema, tags: TAGS, summary: 'Not supported: models are read at the start' }
    app.post(`/v2/repository/models/:name/${action}`, { schema }, async () => {
      throw new HttpError(501, 'NOT_IMPLEMENTED', notAtRunTime(action))
    })
  }
}
