import { execFile } from 'node:child_process'
import { mkdtemp, readFile, readdir, rm, stat, statfs, writeFile } from 'node:fs/promises'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { applyEdits } from '../onnx/zipmap.ts'
import type { ModelSource } from './runtime.ts'

/** The files from which workers load a model. */
export interface PreparedModel {
  /** The first one that can be loaded is used. The last one is its own file. */
  readonly sources: readonly ModelSource[]
  /** The reason if no copy was made, although the model is large. */
  readonly warnings: readonly string[]
  /** Removes the copy, if one was made. */
  readonly remove: () => Promise<void>
}

// A copy of a smaller file saves less memory than it costs time.
const SHARED_FROM_BYTES = 16 * 2 ** 20
// The space for making a copy, in sizes of the file. The weights are written in two forms.
const COPIES = 3.5

// A process that was killed leaves its folders. A folder has the host and the process id in its name, so that a later server
// can remove it. Hosts may share a temporary folder, and do not know each other's processes.
const PREFIX = `onnx-serve-${hostname()}-`

export interface CopyOptions {
  /** The built `worker.js`. `optimize.js` is beside it. */
  readonly entry: URL
  /** The command that starts a worker, such as `prlimit`, with its arguments. */
  readonly prefix: readonly string[]
  readonly timeoutMs: number
  /** Called with the folder as soon as it is made. The caller may have to remove it at any time. */
  readonly onFolder: (folder: string) => void
}

/**
 * Prepares a model for several workers. For a large model, it makes a copy in a temporary folder, and the workers share
 * its weights. Without the copy, each worker would hold the weights twice.
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

/** A server in a container has the same process id after each start. A folder that is older than this process is not its own. */
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
