import type { IncomingMessage } from 'node:http'

/** The routes that the environment of a platform asks for. */
export interface Platform {
  /** AIP_HEALTH_ROUTE of Vertex AI. */
  readonly healthPath: string | undefined
  /** AIP_PREDICT_ROUTE of Vertex AI. */
  readonly predictPath: string | undefined
  /** SAGEMAKER_MULTI_MODEL of SageMaker. */
  readonly isMultiModel: boolean
}

/** The path for predictions of SageMaker and MLflow. */
export const PREDICT = '/invocations'
/** The path for health checks of SageMaker and MLflow. */
export const PING = '/ping'

const HEALTH = new Set(['/health', '/health/ready'])
// The routes of one model in V1: its readiness and its predictions.
const V1_MODEL = /^\/v1\/models\/([^/:]+)(\/versions\/[^/:]+:predict|:predict)?$/

/**
 * Makes a function that rewrites the paths that Vertex AI chooses to the routes that answer as Vertex AI expects. Some of
 * these paths mean something else here. Paths of V2, and paths of V1 for a served model, are not rewritten.
 *
 * @param isServed Returns true if a model has this name.
 * @returns A function that returns the path of the route for a request.
 */
export function rewritePaths(
  { healthPath, predictPath }: Platform,
  isServed: (name: string) => boolean,
): (request: IncomingMessage) => string {
  const isOwn = (path: string): boolean => {
    const [, name] = V1_MODEL.exec(path) ?? []
    return /^\/v2(\/|$)/.test(path) || (name !== undefined && isServed(name))
  }
  const [own, predict] = [healthPath, predictPath].map((path) => (path && isOwn(path) ? undefined : path))
  // The health route of this server has the same status and more details, so it is not rewritten.
  const health = own && HEALTH.has(own) ? undefined : own
  return ({ method, url = '/' }) => {
    const [path] = url.split('?', 1)
    // Vertex AI may choose the same path for both.
    const isHealth = path === healthPath && (path !== predictPath || method === 'GET' || method === 'HEAD')
    if (isHealth) return path === health ? PING : url
    return path === predict ? PREDICT : url
  }
}
