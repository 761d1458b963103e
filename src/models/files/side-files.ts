import { readFile } from 'node:fs/promises'
import type { Signature } from '../../core/signature.ts'
import { readMlmodel, toDescribed } from './mlmodel.ts'
import { readPackage } from './model-json.ts'
import type { ModelPackage } from './model-json.ts'
import type { ModelFile } from './repository.ts'

/** What stands beside the file of a model. */
export interface Description {
  /** The content of examples.json. */
  readonly examples: string | undefined
  /** What model.json says of where the model is computed. */
  readonly execution: ModelPackage['execution']
  /**
   * What model.json says, with the features that MLmodel has where it names none.
   *
   * @param onWarning Called with why MLmodel is not used.
   */
  readonly forModel: (signature: Signature, onWarning: (text: string) => void) => Promise<ModelPackage>
}

/** @throws Error that names the file that cannot be read, and what is wrong with it. */
export async function readDescription({ packageFile, examplesFile, mlmodelFile }: ModelFile): Promise<Description> {
  const description: ModelPackage = packageFile ? await readPackage(packageFile) : {}
  return {
    examples: examplesFile ? await readExamples(examplesFile) : undefined,
    execution: description.execution,
    forModel: async (signature, onWarning) => {
      if (description.features || !mlmodelFile) return description
      try {
        const features = toDescribed(signature, await readMlmodel(mlmodelFile))
        return features ? { ...description, features } : description
      } catch (error) {
        // It names columns, and no more: the model is served without.
        onWarning(`MLmodel is passed over: ${firstLine(error as Error)}`)
        return description
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
