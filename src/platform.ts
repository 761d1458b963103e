import { existsSync } from 'node:fs'
import type { Platform } from './http/platform.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What a platform's environment stands for, where no flag says otherwise. */
export interface PlatformSettings {
  readonly port?: string | undefined
  readonly 'model-dir'?: string | undefined
}

// Where platforms mount the model; the image's own folder comes last.
const MOUNTS = ['/mnt/models', '/opt/ml/model']
const SERVE_PORT = '8080'

/**
 * Reads the variables and mounts of SageMaker, Vertex AI, Azure ML and KServe.
 *
 * @param isServe Whether the program was started as `serve`, as SageMaker does.
 */
export function platformSettings(
  env: Environment,
  isServe: boolean,
  exists: (path: string) => boolean = existsSync,
): PlatformSettings {
  const given = env['SAGEMAKER_BIND_TO_PORT'] || env['AIP_HTTP_PORT'] || env['PORT']
  return {
    port: given || (isServe ? SERVE_PORT : undefined),
    'model-dir': env['MODEL_DIR'] || env['AZUREML_MODEL_DIR'] || MOUNTS.find(exists),
  }
}

/** What a platform's environment says of routes. */
export function readPlatform(env: Environment): Platform {
  return {
    healthPath: env['AIP_HEALTH_ROUTE'] || undefined,
    predictPath: env['AIP_PREDICT_ROUTE'] || undefined,
    isMultiModel: env['SAGEMAKER_MULTI_MODEL'] === 'true',
  }
}
