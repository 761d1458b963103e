import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm, statfs, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { applyEdits } from '../onnx/zipmap.ts'
import type { ModelSource } from './runtime.ts'

/** A copy of a model whose weights all threads share, in a temporary folder. */
export interface SharedModel {
  readonly source: ModelSource
  readonly folder: string
  readonly remove: () => Promise<void>
}

// Below this, a copy of the weights for each thread costs less than it is worth.
const SHARED_FROM_BYTES = 16 * 2 ** 20
// Weights are written once as they are and once as the kernels want them.
const COPIES = 3.5

/**
 * Prepares a large model for several threads: without it, each would hold the weights twice.
 *
 * @param entry The built `optimize.js`.
 * @returns undefined for a small model.
 * @throws Error when the temporary folder cannot be used.
 */
export async function shareWeights({ file, edits, bytes }: ModelSource, entry: URL): Promise<SharedModel | undefined> {
  if (bytes < SHARED_FROM_BYTES) return undefined
  const folder = await mkdtemp(join(tmpdir(), 'onnx-serve-')).catch(({ code }: NodeJS.ErrnoException) => {
    throw new Error(`the temporary folder ${tmpdir()} cannot be written (${code})`)
  })
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
  try {
    const { bavail, bsize } = await statfs(folder)
    const needed = bytes * COPIES
    if (bavail * bsize < needed)
      throw new Error(`the temporary folder has less than ${Math.ceil(needed / 1e6)} MB free`)
    const edited = join(folder, 'edited.onnx')
    if (edits.length > 0) await writeFile(edited, applyEdits(await readFile(file), edits))
    const from = edits.length > 0 ? edited : file
    await promisify(execFile)(process.execPath, [fileURLToPath(entry), from, folder]).catch(() => {
      throw new Error('its optimized copy could not be made')
    })
    await rm(edited, { force: true })
    return { source: { file: join(folder, 'model.onnx'), edits: [], bytes }, folder, remove }
  } catch (error) {
    await remove()
    throw error
  }
}
