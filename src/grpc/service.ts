import { status } from '@grpc/grpc-js'
import type { Statistics } from '../core/model-statistics.ts'
import type { ModelView } from '../core/model-view.ts'
import { loadedModels, readinessOf } from '../models/readiness.ts'
import type { Model } from '../models/model.ts'
import type { Registry } from '../models/registry.ts'
import { v2GrpcCodec } from '../protocols/v2/v2-grpc.ts'
import type { InferReply } from '../protocols/v2/v2-grpc.ts'
import type { InferMessage } from '../protocols/v2/v2-grpc-message.ts'
import { v2Config } from '../protocols/v2/v2-config.ts'
import { v2Metadata } from '../protocols/v2/v2-metadata.ts'
import { inTritonsWords, notAtRunTime, v2Index, v2Server, versionsOf } from '../protocols/v2/v2-server.ts'
import { v2Statistics } from '../protocols/v2/v2-statistics.ts'
import { answer } from '../serving/answer.ts'
import type { Call, Method } from './calls.ts'
import { GrpcError } from './status.ts'

export interface ServiceOptions {
  readonly registry: Registry
  readonly version: string
  /** The name of the server for clients. */
  readonly serverName: string
  readonly isDraining: () => boolean
  readonly statisticsOf: (view: ModelView) => Statistics
}

/** The model that a message names. An empty text means an absent name. */
interface ModelName {
  readonly name: string
  readonly version: string
}

/** Creates the methods of the Open Inference Protocol and of Triton, by their names. */
export function createMethods(options: ServiceOptions): Record<string, Method> {
  const { registry, version, serverName, isDraining, statisticsOf } = options
  const get = ({ name, version: asked }: ModelName): Model =>
    inTritonsWords(() => registry.get(name || undefined, asked || undefined))
  const infer = async (message: InferMessage, call: Call): Promise<InferReply> => {
    const find = (): Model => get({ name: message.modelName, version: message.modelVersion })
    return call.turns.finish(await answer(v2GrpcCodec, () => message, { ...call, find }))
  }
  // Over gRPC, Triton answers that an unknown model is not ready.
  const isReady = ({ name, version: asked }: ModelName): boolean =>
    registry.list().some((entry) => {
      const isMeant = entry.name === (name || registry.defaultName) && (asked === '' || entry.version === asked)
      return isMeant && entry.status === 'ready'
    })
  return {
    ServerLive: () => ({ live: true }),
    ServerReady: () => ({ ready: readinessOf(registry, isDraining()).isAllReady }),
    ModelReady: (message: ModelName) => ({ ready: isReady(message) && !isDraining() }),
    ServerMetadata: () => v2Server(serverName, version),
    ModelMetadata: (message: ModelName) => {
      const { view } = get(message)
      return v2Metadata(view, versionsOf(registry.list(), view.name))
    },
    ModelInfer: infer,
    ModelStreamInfer: infer,
    ModelConfig: (message: ModelName) => {
      const { view, batching } = get(message)
      return { config: v2Config(view, batching.maxBatchSize) }
    },
    ModelStatistics: (message: ModelName) => {
      const { name, version: asked } = message
      const models = inTritonsWords(() => loadedModels(registry, name || undefined, name && asked ? asked : undefined))
      return { model_stats: models.map(({ view }) => v2Statistics(view, statisticsOf(view))) }
    },
    RepositoryIndex: ({ ready }: { readonly ready: boolean }) => ({ models: v2Index(registry.list(), ready) }),
    RepositoryModelLoad: () => refuseAtRunTime('load'),
    RepositoryModelUnload: () => refuseAtRunTime('unload'),
  }
}

function refuseAtRunTime(action: string): never {
  throw new GrpcError(status.UNIMPLEMENTED, notAtRunTime(action))
}
