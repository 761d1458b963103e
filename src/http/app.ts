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
import { answerBrokenRequest, handleErrors, refuseExpectation, sendErrorByPath } from './errors.ts'
import { withMethodsRefused } from './method-not-allowed.ts'
import { leadPaths } from './platform-paths.ts'
import type { Platform } from './platform-paths.ts'
import { answerExpectations, checkRequest } from './request-checks.ts'
import { logRequests, observeRequest } from './request-log.ts'
import { addDocsRoutes, collectRoutes } from './routes/docs.ts'
import { addHealthRoutes } from './routes/health.ts'
import { addModelRoutes } from './routes/models.ts'
import { addPredictRoutes } from './routes/predict.ts'
import { addV1Routes } from './routes/v1.ts'
import { addV2Routes } from './routes/v2.ts'
import { dropUnreadBodies } from './body/unread-bodies.ts'

const ARRIVAL_TIMEOUT_MS = 60_000

// Schemas are documentation: codecs check what comes in, and what goes out is ours. So Fastify need not load its compilers,
// which are a large part of it.
const DOCUMENTATION_ONLY = {
  buildValidator: () => () => () => true,
  buildSerializer: () => () => (data: unknown) => JSON.stringify(data),
} as unknown as NonNullable<NonNullable<FastifyServerOptions['schemaController']>['compilersFactory']>

export interface AppOptions {
  readonly registry: Registry
  readonly logger: FastifyBaseLogger
  /** Bodies are read into its buffers. */
  readonly buffers: BufferPool
  /** The program's own version, for the documentation. */
  readonly version: string
  /** What the server calls itself to clients of V2. */
  readonly serverName: string
  readonly bodyLimitBytes: number
  /** How long a request may wait for its turn. */
  readonly requestTimeoutMs: number
  /** Shared by all transports. */
  readonly turns: Turns
  readonly maxAnswerBytes: number
  /** The counts of a loaded model. */
  readonly statisticsOf: (view: ModelView) => Statistics
  /** True once the server has been asked to stop. */
  readonly isDraining: () => boolean
  readonly platform: Platform
}

/** Builds the HTTP transport; does not listen. */
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
    // A child logger for each request costs more than decoding it; lines name their request themselves.
    childLoggerFactory: (parent) => parent,
    bodyLimit: bodyLimitBytes,
    logController: new LogController({ disableRequestLogging: true }),
    // What arrives on an open connection while the server closes is answered too, not cut.
    return503OnClosing: false,
    // A request that trickles in is cut off; computing its answer may take longer.
    requestTimeout: ARRIVAL_TIMEOUT_MS,
    // Node would answer a request without one by itself, with an empty body.
    http: { requireHostHeader: false },
    ...((platform.healthPath ?? platform.predictPath) && { rewriteUrl: leadPaths(platform, isServed) }),
    routerOptions: { maxParamLength: 200 },
    schemaController: { compilersFactory: DOCUMENTATION_ONLY },
    clientErrorHandler: (error, socket) => {
      connections.whenAnswered(socket, () => {
        // A request that broke off in its body has a line of its own.
        const isPart = connections.unanswered(socket) > 0
        answerBrokenRequest(error, socket, (line) => (isPart ? undefined : logger.info(line, 'request')))
      })
    },
    // Errors before any route is found pass by the hooks.
    frameworkErrors: (error, request, reply) => {
      observeRequest(request, reply)
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

/** No connection holds up the close, and none is closed that still waits for answers. */
function closeInOrder(app: FastifyInstance, connections: Connections, isDraining: () => boolean): void {
  app.addHook('preClose', async () => {
    await connections.stopListening()
    connections.closeUnused()
  })
  // Decided when the answer goes out: a connection that an answer keeps open while the server drains would hold up the close,
  // and one that ends before the last of pipelined answers would lose the others. Fastify sets the header on each.
  app.addHook('onSend', (_request, { raw }, _payload, done) => {
    if (!isDraining()) return done()
    // Two turns read what the client has sent meanwhile.
    setImmediate(setImmediate, () => {
      if (connections.isLast(raw)) raw.setHeader('connection', 'close')
      else raw.removeHeader('connection')
      done()
    })
  })
}
