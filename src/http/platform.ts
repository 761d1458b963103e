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

// Answer as a platform expects by themselves.
const OWN = /^\/(v1\/models|v2|health)(\/|$)/

/**
 * Leads the paths that Vertex AI chooses, some of which mean something else here, to the routes that answer as it expects.
 *
 * @returns What a request's path stands for.
 */
export function leadPaths({ healthPath, predictPath }: Platform): (request: IncomingMessage) => string {
  const [health, predict] = [healthPath, predictPath].map((path) => (path && OWN.test(path) ? undefined : path))
  return ({ method, url = '/' }) => {
    const [path] = url.split('?', 1)
    // Both may be the same.
    if (path === health && (path !== predict || method === 'GET' || method === 'HEAD')) return PING
    return path === predict ? PREDICT : url
  }
}
