import { readFile } from 'node:fs/promises'
import type { Signature } from '../../core/signature.ts'
import { readMlmodel, toDescribed } from './mlmodel.ts'
import { readModelJson } from './model-json.ts'
import type { ModelJson } from './model-json.ts'
import type { ModelFile } from './repository.ts'

/** What stands beside the file of a model. */
export interface SideFiles {
  /** The content of examples.json. */
  readonly examples: string | undefined
  /** What model.json says of where the model is computed. */
  readonly execution: ModelJson['execution']
  /**
   * What model.json says, with the features that MLmodel has where it names none.
   *
   * @param onWarning Called with why MLmodel is not used.
   */
  readonly forModel: (signature: Signature, onWarning: (text: string) => void) => Promise<ModelJson>
}

/** @throws Error that names the file that cannot be read, and what is wrong with it. */
export async function readSideFiles({ modelJsonFile, examplesFile, mlmodelFile }: ModelFile): Promise<SideFiles> {
  const modelJson: ModelJson = modelJsonFile ? await readModelJson(modelJsonFile) : {}
  return {
    examples: examplesFile ? await readExamples(examplesFile) : undefined,
    execution: modelJson.execution,
    forModel: async (signature, onWarning) => {
      if (modelJson.features || !mlmodelFile) return modelJson
      try {
        const features = toDescribed(signature, await readMlmodel(mlmodelFile))
        return features ? { ...modelJson, features } : modelJson
      } catch (error) {
        // It names columns, and no more: the model is served without.
        onWarning(`MLmodel is passed over: ${firstLine(error as Error)}`)
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
