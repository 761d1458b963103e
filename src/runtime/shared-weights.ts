import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { applyEdits } from '../onnx/zipmap.ts'
import type { ModelSource } from './runtime.ts'

/** A model as workers load it. */
export interface PreparedModel {
  /** Where it is loaded from: the first that can be; its own file last. */
  readonly sources: readonly ModelSource[]
  /** Texts on what was not done as it should be. */
  readonly warnings: readonly string[]
  /** Removes the copy, if one was made. */
  readonly remove: () => Promise<void>
}

// Below this, a copy of the weights for each worker costs less than it is worth.
const SHARED_FROM_BYTES = 16 * 2 ** 20
// Weights are written once as they are and once as the kernels want them.
const COPIES = 3.5

// A process that was killed leaves its folders behind. Hosts that share a temporary folder do not know each other's processes.
const PREFIX = `onnx-serve-${hostname()}-`

export interface CopyOptions {
  /** The built `worker.js`; `optimize.js` stands beside it. */
  readonly entry: URL
  /** What stands before a worker on its command line. */
  readonly prefix: readonly string[]
  readonly timeoutMs: number
  /** Called with the folder as soon as it is made, for whoever may have to remove it at any time. */
  readonly onFolder: (folder: string) => void
}

/**
 * Prepares a model for several workers. Of a large one a copy is made whose weights they share, in a temporary folder:
 * without it, each would hold the weights twice.
 */
export async function prepareModel(source: ModelSource, options: CopyOptions): Promise<PreparedModel> {
  const alone: PreparedModel = { sources: [source], warnings: [], remove: async () => undefined }
  if (source.bytes < SHARED_FROM_BYTES) return alone
  try {
    await removeLeftOvers()
    const folder = await makeFolder()
    options.onFolder(folder)
    const remove = (): Promise<void> => rm(folder, { recursive: true, force: true })
    try {
      const copy = await makeCopy(source, folder, options)
      return { sources: [copy, source], warnings: [], remove }
    } catch (error) {
      await remove()
      throw error
    }
  } catch (error) {
    return { ...alone, warnings: [`each worker holds the weights for itself: ${(error as Error).message}`] }
  }
}

function makeFolder(): Promise<string> {
  return mkdtemp(join(tmpdir(), `${PREFIX}${process.pid}-`)).catch(({ code }: NodeJS.ErrnoException) => {
    throw new Error(`the temporary folder ${tmpdir()} cannot be written (${code})`)
  })
}

async function makeCopy(
  { file, edits, bytes }: ModelSource,
  folder: string,
  { entry, prefix, timeoutMs }: CopyOptions,
): Promise<ModelSource> {
  const { bavail, bsize } = await statfs(folder)
  const needed = bytes * COPIES
  if (bavail * bsize < needed) throw new Error(`the temporary folder has less than ${Math.ceil(needed / 1e6)} MB free`)
  const edited = join(folder, 'edited.onnx')
  if (edits.length > 0) await writeFile(edited, applyEdits(await readFile(file), edits))
  const from = edits.length > 0 ? edited : file
  const optimize = fileURLToPath(new URL('optimize.js', entry))
  const [program, ...args] = [...prefix, process.execPath, optimize, from, folder]
  await promisify(execFile)(program, args, { timeout: timeoutMs, killSignal: 'SIGKILL' }).catch(() => {
    throw new Error('its optimized copy could not be made')
  })
  await rm(edited, { force: true })
  return { file: join(folder, 'model.onnx'), edits: [], bytes }
}

async function removeLeftOvers(): Promise<void> {
  const names = await readdir(tmpdir()).catch(() => [])
  for (const name of names.filter((each) => each.startsWith(PREFIX))) {
    const path = join(tmpdir(), name)
    const pid = Number(name.slice(PREFIX.length).split('-')[0])
    if (pid === process.pid ? await isOwn(path) : isRunning(pid)) continue
    await rm(path, { recursive: true, force: true }).catch(() => undefined)
  }
}

/** A server in a container has the same number after each start. What is older than this process is not its own. */
async function isOwn(path: string): Promise<boolean> {
  const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Infinity }))
  return mtimeMs >= Date.now() - 1000 * process.uptime()
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
