import { writeFileSync } from 'node:fs'
import { platform, setPriority } from 'node:os'
import { fstatSync } from 'node:fs'
import { EXIT_NO_LIBRARY, NativeLibraryError, importOrt } from './native-library.ts'
import { SharedFile } from './shared-file.ts'
import { CALLS_FILE, REPLIES_FILE, openChannel } from './worker-channel.ts'

// The entry of a worker process. Only the server ends it, so it ignores these signals.
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, () => undefined)
// If both want the same core, probes and refusals have priority over predictions.
setPriority(0, 5)
if (platform() === 'linux') preferForKilling()
await importOrt().catch(endWithoutLibrary)
const { serveCalls } = await import('./worker-loop.ts')
await serveCalls(openChannel(inherited(CALLS_FILE), inherited(REPLIES_FILE)))
process.exit(0)

function endWithoutLibrary(error: unknown): never {
  if (!(error instanceof NativeLibraryError)) throw error
  writeFileSync(process.stderr.fd, error.reason)
  process.exit(EXIT_NO_LIBRARY)
}

/** If memory is short, the kernel kills a worker before the server. */
function preferForKilling(): void {
  try {
    writeFileSync('/proc/self/oom_score_adj', '800')
  } catch {
    // Some sandboxes do not have the file.
  }
}

function inherited(descriptor: number): SharedFile | undefined {
  return fstatSync(descriptor).isFile() ? new SharedFile(descriptor) : undefined
}
