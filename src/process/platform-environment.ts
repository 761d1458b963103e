import { existsSync } from 'node:fs'
import type { Platform } from '../http/platform-paths.ts'
import type { SettingKey } from './settings.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** The texts of settings that the environment of a platform gives. A flag wins over them. */
export type PlatformSettings = Readonly<Partial<Record<SettingKey, string | undefined>>>

// The folders in which platforms mount models. The folder of the image comes last.
const MOUNTS = ['/mnt/models', '/opt/ml/model']
const SERVE_PORT = '8080'

/**
 * Reads the variables and mounts of SageMaker, Vertex AI, Azure ML and KServe.
 *
 * @param isServe True if the program was started as `serve`, like SageMaker starts it.
 */
export function platformSettings(
  env: Environment,
  isServe: boolean,
  exists: (path: string) => boolean = existsSync,
): PlatformSettings {
  const given = env['SAGEMAKER_BIND_TO_PORT'] || env['AIP_HTTP_PORT'] || env['PORT']
  return {
    port: given || (isServe ? SERVE_PORT : undefined),
    modelDir: env['MODEL_DIR'] || env['AZUREML_MODEL_DIR'] || MOUNTS.find(exists),
  }
}

/** Reads the routes that the environment of a platform asks for. */
export function readPlatform(env: Environment): Platform {
  return {
    healthPath: env['AIP_HEALTH_ROUTE'] || undefined,
    predictPath: env['AIP_PREDICT_ROUTE'] || undefined,
    isMultiModel: env['SAGEMAKER_MULTI_MODEL'] === 'true',
  }
}
