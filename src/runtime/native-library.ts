import { createRequire } from 'node:module'
import { ModelLoadError } from './runtime.ts'

/** The exit code of a worker that cannot load the native library. Its reason is on stderr. */
export const EXIT_NO_LIBRARY = 70

const PLATFORMS = 'Linux with glibc 2.28 or newer (x64, arm64), macOS (arm64), and Windows (x64, arm64)'

/** ONNX Runtime itself cannot be loaded on this machine. So no model can be loaded. */
export class NativeLibraryError extends ModelLoadError {
  readonly reason: string

  constructor(reason: string) {
    const here = `${process.platform} ${process.arch}`
    super(`the library of ONNX Runtime cannot be loaded on ${here}: ${reason}; it runs on ${PLATFORMS}`)
    this.reason = reason
  }
}

/**
 * Imports the module that loads the native library.
 *
 * @throws NativeLibraryError if there is no library for this platform, or if the system cannot load it.
 */
export async function importOrt(): Promise<typeof import('./ort.ts')> {
  try {
    // If the library is missing, `import` also rejects an internal promise of Node that nobody can handle. `require` throws.
    createRequire(import.meta.url)('onnxruntime-node')
    return await import('./ort.ts')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ERR_DLOPEN_FAILED' && code !== 'MODULE_NOT_FOUND') throw error
    throw new NativeLibraryError(message.split('\n', 1)[0]!)
  }
}
