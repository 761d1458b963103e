import { readFile } from 'node:fs/promises'
import type { Signature } from '../../core/signature.ts'
import { readMlmodel, toMlflowFeatures } from './mlmodel.ts'
import { readModelJson } from './model-json.ts'
import type { ModelJson } from './model-json.ts'
import type { ModelFile } from './repository.ts'

/** The files beside the file of a model. */
export interface SideFiles {
  /** The text of examples.json. */
  readonly examples: string | undefined
  /** `execution` of model.json. It is needed before the signature is known. */
  readonly execution: ModelJson['execution']
  /**
   * Returns the content of model.json. If it names no features, MLmodel does.
   *
   * @param onWarning Called with the reason if MLmodel cannot be used.
   */
  readonly completeModelJson: (signature: Signature, onWarning: (text: string) => void) => Promise<ModelJson>
}

/** @throws Error that names the file that cannot be read, and the problem. */
export async function readSideFiles({ modelJsonFile, examplesFile, mlmodelFile }: ModelFile): Promise<SideFiles> {
  const modelJson: ModelJson = modelJsonFile ? await readModelJson(modelJsonFile) : {}
  return {
    examples: examplesFile ? await readExamples(examplesFile) : undefined,
    execution: modelJson.execution,
    completeModelJson: async (signature, onWarning) => {
      if (modelJson.features || !mlmodelFile) return modelJson
      try {
        const features = toMlflowFeatures(signature, await readMlmodel(mlmodelFile))
        return features ? { ...modelJson, features } : modelJson
      } catch (error) {
        // MLmodel only names columns. The model can be served without these names.
        onWarning(`MLmodel is ignored: ${firstLine(error as Error)}`)
        return modelJson
      }
    },
  }
}

function firstLine(error: NodeJS.ErrnoException & { issues?: readonly { message: string }[] }): string {
  if (error.code?.startsWith('E')) return `it cannot be read (${error.code})`
  return (error.issues?.[0]?.message ?? error.message).split('\n', 1)[0]!.slice(0, 200)
}

function readExamples(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw new Error(`examples.json cannot be read (${error.code})`)
  })
}
