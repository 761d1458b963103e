import fastify, { LogController } from 'fastify'
import type { FastifyBaseLogger, FastifyInstance, FastifyServerOptions } from 'fastify'
import type { BufferPool } from '../core/buffer-pool.ts'
import { HeldAnswers } from '../core/held-answers.ts'
import type { Statistics } from '../core/model-statistics.ts'
import type { ModelView } from '../core/model-view.ts'
import { toRequestId } from '../core/request-id.ts'
import type { Turns } from '../core/turns.ts'
import type { Registry } from '../models/registry.ts'
import { AnswerSender } from './body/answer-sender.ts'
import { acceptBodies } from './body/bodies.ts'
import { trackConnections } from './connections.ts'
import type { Connections } from './connections.ts'
import { answerBrokenRequest, refuseExpectation } from './errors/broken-requests.ts'
import { handleErrors, sendErrorByPath } from './errors/error-handlers.ts'
import { withMethodsRefused } from './method-not-allowed.ts'
import { rewritePaths } from './platform-paths.ts'
import type { Platform } from './platform-paths.ts'
import { answerExpectations, checkRequest } from './request-checks.ts'
import { logRequest, logRequests } from './request-log.ts'
import { addDocsRoutes, collectRoutes } from './routes/docs.ts'
import { addHealthRoutes } from './routes/health.ts'
import { addModelRoutes } from './routes/models.ts'
import { addPredictRoutes } from './routes/predict.ts'
import { addV1Routes } from './routes/v1.ts'
import { addV2Routes } from './routes/v2.ts'
import { dropUnreadBodies } from './body/unread-bodies.ts'

const ARRIVAL_TIMEOUT_MS = 60_000

// Schemas are only documentation, because codecs check requests. So Fastify need not load its compilers of schemas, which
// are a large part of it.
const DOCUMENTATION_ONLY = {
  buildValidator: () => () => () => true,
  buildSerializer: () => () => (data: unknown) => JSON.stringify(data),
} as unknown as NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>

export interface AppOptions {
  readonly registry: Registry
  readonly logger: FastifyBaseLogger
  /** The pool of buffers for bodies and answers. */
  readonly buffers: BufferPool
  /** The version of the program, for the documentation. */
  readonly version: string
  /** The name of the server for clients of V2. */
  readonly serverName: string
  readonly bodyLimitBytes: number
  /** Maximum time from the arrival of a whole request until its run starts. */
  readonly requestTimeoutMs: number
  /** Shared by all transports. */
  readonly turns: Turns
  readonly maxAnswerBytes: number
  /** Returns the statistics of a loaded model. */
  readonly statisticsOf: (view: ModelView) => Statistics
  /** True once the server has been asked to stop. */
  readonly isDraining: () => boolean
  readonly platform: Platform
}

/** Builds the HTTP transport. It does not listen yet. */
export function buildApp(options: AppOptions): FastifyInstance {
  const { registry, version, isDraining, platform } = options
  const sender = new AnswerSender(options.turns, new HeldAnswers(options.maxAnswerBytes), options.buffers)
  const forModels = { ...options, sender }
  const app = createFastify(options)
  acceptBodies(app, options.buffers)
  handleErrors(app)
  logRequests(app)
  app.addHook('onRequest', checkRequest)
  const routes = collectRoutes(app)
  withMethodsRefused(app, (scope) => {
    addHealthRoutes(scope, registry, isDraining)
    addPredictRoutes(scope, forModels)
    addModelRoutes(scope, registry, platform)
    addDocsRoutes(scope, { routes, registry, version })
  })
  withMethodsRefused(app, (scope) => addV2Routes(scope, forModels))
  withMethodsRefused(app, (scope) => addV1Routes(scope, forModels))
  return app
}

function createFastify({ registry, logger, bodyLimitBytes, isDraining, platform }: AppOptions): FastifyInstance {
  const isServed = (name: string): boolean => registry.list().some((entry) => entry.name === name)
  const app = fastify({
    loggerInstance: logger,
    genReqId: ({ headers }) => toRequestId(headers['x-request-id']),
    // A child logger costs more than decoding a request. Log lines have the request id without it.
    childLoggerFactory: (parent) => parent,
    bodyLimit: bodyLimitBytes,
    logController: new LogController({ disableRequestLogging: true }),
    // A request that arrives on an open connection while the server closes is answered as well.
    return503OnClosing: false,
    // This limits only the arrival of a request. Computing its answer may take longer.
    requestTimeout: ARRIVAL_TIMEOUT_MS,
    // Otherwise Node itself answers a request without `Host`, with an empty body.
    http: { requireHostHeader: false },
    ...((platform.healthPath ?? platform.predictPath) && { rewriteUrl: rewritePaths(platform, isServed) }),
    routerOptions: { maxParamLength: 200 },
    schemaController: { compilersFactory: DOCUMENTATION_ONLY },
    clientErrorHandler: (error, socket) => {
      connections.whenAnswered(socket, () => {
        // A request that breaks off within its body is logged by its own observation.
        const isPart = connections.unanswered(socket) > 0
        answerBrokenRequest(error, socket, (line) => (isPart ? undefined : logger.info(line, 'request')))
      })
    },
    // The hooks do not see errors that come before a route is found.
    frameworkErrors: (error, request, reply) => {
      logRequest(request, reply)
      sendErrorByPath(error, request, reply)
    },
  })
  app.server.on('checkExpectation', refuseExpectation)
  answerExpectations(app.server, bodyLimitBytes)
  const connections = trackConnections(app.server)
  closeInOrder(app, connections, isDraining)
  dropUnreadBodies(app, isDraining)
  return app
}

/** Closes each connection when its last request is answered, so that no idle connection delays the close. */
function closeInOrder(app: FastifyInstance, connections: Connections, isDraining: () => boolean): void {
  app.addHook('preClose', async () => {
    await connections.stopListening()
    connections.closeUnused()
  })
  // While the server drains, the last answer of a connection must end it, or it delays the close. An earlier answer must not
  // end it, or the pipelined answers behind are lost. While it closes, Fastify sets the header on each answer, so it is
  // decided here.
  app.addHook('onSend', (_request, { raw }, _payload, done) => {
    if (!isDraining()) return done()
    // Within two turns of the event loop, requests that have arrived are read.
    setImmediate(setImmediate, () => {
      if (connections.isLast(raw)) raw.setHeader('connection', 'close')
      else raw.removeHeader('connection')
      done()
    })
  })
}
