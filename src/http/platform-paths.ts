import type { IncomingMessage } from 'node:http'

/** What a platform's environment says of routes. */
export interface Platform {
  /** Vertex AI: AIP_HEALTH_ROUTE. */
  readonly healthPath: string | undefined
  /** Vertex AI: AIP_PREDICT_ROUTE. */
  readonly predictPath: string | undefined
  /** SageMaker: SAGEMAKER_MULTI_MODEL. */
  readonly isMultiModel: boolean
}

/** Where SageMaker and MLflow predict. */
export const PREDICT = '/invocations'
/** Where they ask whether the server can predict. */
export const PING = '/ping'

const HEALTH = new Set(['/health', '/health/ready'])
// A model's own routes in V1: whether it is ready, and its predictions.
const V1_MODEL = /^\/v1\/models\/([^/:]+)(\/versions\/[^/:]+:predict|:predict)?$/

/**
 * Leads the paths that Vertex AI chooses, some of which mean something else here, to the routes that answer as it expects.
 * Those of V2 stay what they are, and so do those of V1 for a model that is served.
 *
 * @param isServed Whether a model has this name.
 * @returns What a request's path stands for.
 */
export function leadPaths(
  { healthPath, predictPath }: Platform,
  isServed: (name: string) => boolean,
): (request: IncomingMessage) => string {
  const isOwn = (path: string): boolean => {
    const [, name] = V1_MODEL.exec(path) ?? []
    return /^\/v2(\/|$)/.test(path) || (name !== undefined && isServed(name))
  }
  const [own, predict] = [healthPath, predictPath].map((path) => (path && isOwn(path) ? undefined : path))
  // The server's own health tells more, with the same status.
  const health = own && HEALTH.has(own) ? undefined : own
  return ({ method, url = '/' }) => {
    const [path] = url.split('?', 1)
    // Both may be the same.
    const isHealth = path === healthPath && (path !== predictPath || method === 'GET' || method === 'HEAD')
    if (isHealth) return path === health ? PING : url
    return path === predict ? PREDICT : url
  }
}
